/**
 * The rows of the control plane, as Kysely sees them. Types and SQL are the common ground of SQLite and PostgreSQL:
 * text, integers (also for booleans, 0 or 1, and for times, Unix milliseconds in columns that end in `_ms`), and JSON
 * kept as text.
 *
 * @module
 */
import type { ColumnType } from 'kysely';

/** 0 or 1. */
export type Flag = 0 | 1;
/** Written once. */
type Fixed<T> = ColumnType<T, T, never>;
/** May be left out of an insert: the column has a default. */
type Defaulted<T> = ColumnType<T, T | undefined, T>;

export type Role = 'owner' | 'admin' | 'member' | 'viewer';

export interface UsersTable {
  id: Fixed<string>;
  /** Also the slug of the user's personal organization. */
  username: string;
  name: string;
  email: string;
  /** 1: runs the server, and may make accounts. */
  is_operator: Defaulted<Flag>;
  created_at_ms: Fixed<number>;
}

/** People without a row cannot sign in with a password. */
export interface PasswordsTable {
  user_id: Fixed<string>;
  /** With the parameters that it was made with: see access/passwords.ts. */
  hash: string;
  changed_at_ms: number;
}

/** One-time links by which people set a password. */
export interface PasswordLinksTable {
  /** SHA-256 of the code, in hexadecimal. */
  hash: Fixed<string>;
  user_id: Fixed<string>;
  expires_at_ms: Fixed<number>;
}

/** Who a person is at an OpenID Connect server. */
export interface IdentitiesTable {
  issuer: Fixed<string>;
  subject: Fixed<string>;
  user_id: Fixed<string>;
}

export interface SessionsTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  /** SHA-256 of the cookie, in hexadecimal. */
  hash: Fixed<string>;
  method: Fixed<'password' | 'token' | 'link' | 'oidc'>;
  /** The API token that it was signed in with, and with which it ends. */
  api_token_id: Fixed<string | null>;
  user_agent: Fixed<string>;
  address: Fixed<string>;
  created_at_ms: Fixed<number>;
  last_seen_at_ms: number;
  expires_at_ms: Fixed<number>;
}

export interface OrganizationsTable {
  id: Fixed<string>;
  slug: string;
  name: string;
  type: Fixed<'personal' | 'team'>;
  overages: Defaulted<Flag>;
  require_mfa: Defaulted<Flag>;
  restore_enabled: Defaulted<Flag>;
  /** JSON object: the billing address that the API keeps and shows, no more. */
  billing_customer: Defaulted<string | null>;
  created_at_ms: Fixed<number>;
}

export interface MembershipsTable {
  organization_id: Fixed<string>;
  user_id: Fixed<string>;
  role: Role;
  created_at_ms: Fixed<number>;
}

export interface ApiTokensTable {
  id: Fixed<string>;
  user_id: Fixed<string>;
  name: string;
  /** SHA-256 of the token, in hexadecimal. The token itself is never stored. */
  hash: Fixed<string>;
  /** Set: valid in this organization only. */
  organization_id: Fixed<string | null>;
  /** Set (with organization and scopes): valid for this group only. */
  group_id: Fixed<string | null>;
  /** JSON list of scopes; null means every scope. */
  scopes: Fixed<string | null>;
  created_at_ms: Fixed<number>;
  expires_at_ms: Fixed<number | null>;
}

export interface GroupsTable {
  id: Fixed<string>;
  organization_id: string;
  name: string;
  primary_location: Fixed<string>;
  delete_protection: Defaulted<Flag>;
  /** JSON: "all" or a list of extension names; kept and shown, no more. */
  extensions: Fixed<string>;
  /** No token of the group, and no refusal of its tokens, has a later time. */
  last_token_ms: Defaulted<number>;
  created_at_ms: Fixed<number>;
}

/**
 * `adding` and `removing` mark work that a crash may leave behind; both are hidden from the API, and recovery takes
 * both away (an interrupted addition was never confirmed to anybody).
 */
export interface GroupLocationsTable {
  group_id: Fixed<string>;
  location: Fixed<string>;
  state: 'adding' | 'ready' | 'removing';
  /** Who adds or removes it. */
  worker: Defaulted<string | null>;
  created_at_ms: Fixed<number>;
}

/** Of libSQL's embedded replicas. */
export type SyncProtocol = 'v1' | 'v2';

/** `creating`: the name is taken, nothing else is true yet; recovery removes it. */
export interface DatabasesTable {
  id: Fixed<string>;
  organization_id: string;
  group_id: string;
  name: string;
  state: 'creating' | 'ready';
  size_limit_bytes: Defaulted<number | null>;
  block_reads: Defaulted<Flag>;
  block_writes: Defaulted<Flag>;
  allow_attach: Defaulted<Flag>;
  off_site: Defaulted<Flag>;
  delete_protection: Defaulted<Flag>;
  sync_protocol: Defaulted<SyncProtocol>;
  /** JSON list. */
  allowed_ips: Defaulted<string>;
  /** JSON list. */
  allowed_aws_vpc_ids: Defaulted<string>;
  awaiting_upload: Defaulted<Flag>;
  parent_id: Defaulted<string | null>;
  parent_name: Defaulted<string | null>;
  branched_at_ms: Defaulted<number | null>;
  /** Group tokens issued at or before this are refused; 0 is none. */
  group_tokens_refused_until_ms: Defaulted<number>;
  /** Who creates it; of no meaning once it is ready. */
  worker: Defaulted<string | null>;
  created_at_ms: Fixed<number>;
}

/** The addresses of a database. All of them answer; the current one is shown. A transfer adds one. */
export interface DatabaseLabelsTable {
  label: Fixed<string>;
  database_id: Fixed<string>;
  is_current: Flag;
}

export interface InstancesTable {
  id: Fixed<string>;
  database_id: Fixed<string>;
  location: Fixed<string>;
  role: Fixed<'primary' | 'replica'>;
  /** 0 until it can be queried, and again while it is being removed; the API shows ready ones only. */
  ready: Flag;
}

/** An Ed25519 key pair that signs the tokens of one database or one group. Rotation replaces the row. */
export interface TokenKeysTable {
  /** The `kid` in the tokens' header. */
  id: string;
  /** A database's or a group's id. */
  owner_id: Fixed<string>;
  /** JWK coordinates, base64url. */
  public_key: string;
  private_key: string;
}

/**
 * Databases that are gone for everybody but whose files may still be there. Written in the transaction that deletes the
 * database, deleted when the engine has removed the files: so a crash, or an engine that fails, only delays that.
 */
export interface RemovalsTable {
  database_id: Fixed<string>;
  requested_at_ms: Fixed<number>;
  /** Who removes the files. */
  worker: string | null;
}

/** Databases that are gone for everybody, and whose files stay until they are restored or their time is over. */
export interface DeletedDatabasesTable {
  id: Fixed<string>;
  /** Changes with that of its group. */
  organization_id: string;
  group_id: Fixed<string>;
  name: Fixed<string>;
  /** As the API showed it, in JSON. */
  shown: Fixed<string>;
  /** Its rows and the key of its tokens, in JSON: see restore/records.ts. */
  records: Fixed<string>;
  deleted_at_ms: Fixed<number>;
  /** Set: it went with its group. */
  group_deleted_at_ms: Fixed<number | null>;
}

export interface DeletedGroupsTable {
  id: Fixed<string>;
  organization_id: Fixed<string>;
  name: Fixed<string>;
  records: Fixed<string>;
  deleted_at_ms: Fixed<number>;
}

export interface AuditLogTable {
  id: Fixed<string>;
  organization_id: Fixed<string>;
  code: Fixed<string>;
  message: Fixed<string>;
  origin: Fixed<string>;
  author: Fixed<string>;
  /** JSON object. */
  data: Fixed<string>;
  created_at_ms: Fixed<number>;
}

/** What one instance did in one hour (which begins at `hour_ms`). */
export interface UsageHoursTable {
  database_id: Fixed<string>;
  location: Fixed<string>;
  hour_ms: Fixed<number>;
  rows_read: number;
  rows_written: number;
  bytes_synced: number;
}

/** How often something was tried in a span of time: see platform/sessions/attempts.ts. */
export interface AttemptsTable {
  /** SHA-256 of what is counted, in hexadecimal. */
  key: Fixed<string>;
  count: number;
  expires_at_ms: number;
}

/** What one query did in one hour; the heaviest of each hour only, and only for a day. */
export interface QueryHoursTable {
  database_id: Fixed<string>;
  hour_ms: Fixed<number>;
  query: Fixed<string>;
  rows_read: number;
  rows_written: number;
}

/** Pending only: an invite that was taken is deleted. */
export interface InvitesTable {
  id: Fixed<number>;
  organization_id: Fixed<string>;
  /** Of whom it is for; empty when it is for a username. */
  email: Fixed<string>;
  username: Fixed<string | null>;
  role: Fixed<Exclude<Role, 'owner'>>;
  /** SHA-256 of the token in the invitation, in hexadecimal. */
  hash: Fixed<string>;
  created_at_ms: Fixed<number>;
}

/** Facts of the whole installation. */
export interface SettingsTable {
  name: Fixed<string>;
  value: string;
}
/** Outside issuers of database tokens. */
export interface KeySetsTable {
  organization_id: Fixed<string>;
  name: Fixed<string>;
  url: string;
}

/** Databases whose server may not have been told yet what the records say: see platform/databases/policy.ts. */
export interface PolicyChangesTable {
  database_id: Fixed<string>;
  /** Of its primary. */
  location: string;
  /** Another with each change. */
  change: string;
}

export interface Tables {
  settings: SettingsTable;
  users: UsersTable;
  organizations: OrganizationsTable;
  memberships: MembershipsTable;
  api_tokens: ApiTokensTable;
  groups: GroupsTable;
  group_locations: GroupLocationsTable;
  databases: DatabasesTable;
  database_labels: DatabaseLabelsTable;
  instances: InstancesTable;
  token_keys: TokenKeysTable;
  removals: RemovalsTable;
  audit_log: AuditLogTable;
  usage_hours: UsageHoursTable;
  query_hours: QueryHoursTable;
  invites: InvitesTable;
  passwords: PasswordsTable;
  password_links: PasswordLinksTable;
  identities: IdentitiesTable;
  sessions: SessionsTable;
  deleted_databases: DeletedDatabasesTable;
  deleted_groups: DeletedGroupsTable;
  key_sets: KeySetsTable;
  policy_changes: PolicyChangesTable;
  attempts: AttemptsTable;
}
