/**
 * Everything that can be set, resolved: the command line and the environment are read once, in the CLI's options table,
 * and arrive here as one value that is handed down. Nothing below reads the environment.
 *
 * @module
 */

export interface ServerConfig {
  /** Absolute path. Holds the control plane's records, every database, and the first API token. */
  readonly dataDir: string;
  /** `postgres://…` of the database for the control plane's records, a secret; undefined keeps them in the data folder. */
  readonly storeUrl: string | undefined;
  readonly listen: { readonly host: string; readonly port: number };
  /** Databases answer at `<label>.<domain>`. */
  readonly domain: string;
  /** Username of the owner made at first start, and the slug of the personal organization. */
  readonly owner: string;
  /** Location code → description. The first is the default group's primary. */
  readonly locations: ReadonlyMap<string, string>;
  /** Which location is closest to whom; the first that fits counts, else the first of all locations. */
  readonly clientLocations: readonly ClientLocation[];
  readonly signIn: SignInSettings;
  /** How long deleted databases and groups can be restored; 0 keeps nothing. */
  readonly deletedRetentionMs: number;
  readonly hosts: HostSettings;
  /** Where databases and records are backed up to; undefined: nowhere. */
  readonly backup: BackupSettings | undefined;
  /** Locations that are sqld servers; undefined without any. */
  readonly sqld: SqldSettings | undefined;
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'; readonly format: 'pretty' | 'json' };
  /** Beginnings of the URLs from which dumps may be fetched; those that were uploaded here always may. */
  readonly dumpSources: readonly string[];
  readonly network: NetworkSettings;
  /** Whether the environment asks for OpenTelemetry; its own variables say the rest. */
  readonly telemetry: boolean;
  /** Who may read `/metrics`. */
  readonly metrics: 'loopback' | 'anybody' | 'off' | { readonly token: string };
  /** Time that in-flight requests get to finish at shutdown. */
  readonly shutdownMs: number;
}

export interface ClientLocation {
  /** Address or CIDR range of clients. */
  readonly range: string;
  readonly location: string;
}

/** How people get in with a browser. */
export interface SignInSettings {
  /** Who may make an account without being asked: nobody, whom the OpenID Connect server knows, or anybody. */
  readonly signUp: 'closed' | 'oidc' | 'open';
  /** How long a session lasts. */
  readonly sessionMs: number;
  /** Another server that knows people, by OpenID Connect. */
  readonly oidc: OidcSettings | null;
}

export interface OidcSettings {
  /** URL, with `/.well-known/openid-configuration` below it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As the page calls it. */
  readonly name: string;
}

export interface NetworkSettings {
  /** Undefined: plain HTTP, with TLS by a proxy if at all. */
  readonly tls: TlsSettings | undefined;
  /** Addresses and CIDR ranges of proxies whose `x-forwarded-for` is believed. */
  readonly trustedProxies: readonly string[];
}

/** PEM files. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface BackupSettings {
  readonly target: {
    readonly bucket: string;
    readonly prefix: string;
    readonly endpoint: string | undefined;
    readonly region: string;
  };
  readonly retentionMs: number;
  readonly verifyEveryMs: number;
  readonly windowMs: number;
  /** Credentials, in the variables that AWS's tools read. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface HostSettings {
  /** Host processes that share the databases; by default one per core. */
  readonly count: number;
  readonly statementMs: number;
  readonly streamIdleMs: number;
  readonly transactionMs: number;
  readonly maxResponseBytes: number;
  readonly maxRowBytes: number;
  readonly maxUploadBytes: number;
  readonly maxStreamsPerDatabase: number;
  readonly maxOpenDatabases: number;
  /** Location code → how far away it is made to seem (round trip); those that are not named are here. */
  readonly latencyMs: Readonly<Record<string, number>>;
  readonly synchronous: 'full' | 'normal';
  readonly tellsCommits: boolean;
  readonly logRetention: { readonly maxBytes: number; readonly maxAgeMs: number };
}

export interface SqldSettings {
  /** A file that names fleets of servers which somebody else runs; `placement/sqld/fleets-file.ts` has its form. */
  readonly fleetsFile: string | undefined;
  /** Servers that this process starts itself, on loopback. */
  readonly local: LocalSqldSettings | undefined;
}

export interface LocalSqldSettings {
  /** Path or name of the program. */
  readonly binary: string;
  /** The primary keeps a history in an object store; undefined where it does not. */
  readonly bottomless: LocalBottomlessSettings | undefined;
  /** The first is the primary's, the others are replicas'. */
  readonly locations: ReadonlyMap<string, string>;
}

export interface LocalBottomlessSettings {
  /** Its `LIBSQL_BOTTOMLESS_*`. */
  readonly environment: Readonly<Record<string, string>>;
  readonly history: BottomlessSettings;
}

/** Where a fleet's primary keeps the history of its databases (sqld's bottomless replication). */
export interface BottomlessSettings {
  /** First part of the names there: `ns-<id>:<namespace>-<generation>`. */
  readonly databaseId: string;
  readonly bucket: string;
  /** Undefined: AWS. */
  readonly endpoint: string | undefined;
  readonly region: string;
  /** Good for listing and reading. Undefined: those of this process, in the variables that AWS's tools read. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}

export interface SqldServerSettings {
  readonly location: string;
  readonly description: string;
  /** Where clients are served: `http://host:port`. */
  readonly url: string;
  /** A replica may do without; then its statistics and its lag are not known. */
  readonly adminUrl: string | undefined;
}

export interface SqldFleetSettings {
  readonly name: string;
  /** Hostnames in the API are the servers' own, and clients' tokens are good there. */
  readonly isDirect: boolean;
  /** Of `--admin-auth-key`, the same on every server of the fleet. */
  readonly adminKey: string | undefined;
  /** Undefined: databases can be copied as they are, not as they were. */
  readonly bottomless: BottomlessSettings | undefined;
  readonly primary: SqldServerSettings;
  readonly replicas: readonly SqldServerSettings[];
}
