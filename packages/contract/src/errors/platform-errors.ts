/**
 * Errors of the Platform API. Texts that the public API documents, or that its clients match on, are kept to the
 * letter; the rest are ours.
 *
 * @module
 */
import type { ErrorEntry } from './entry.ts';

export const PLATFORM_ERRORS = {
  // Any request.
  route_not_found: {
    status: 404,
    message: 'no such route: {method} {path}{hint}',
    remedy: 'Compare method and path with the API reference. A base URL that ends in /v1 needs a slash after it.',
  },
  page_not_built: {
    status: 503,
    message: 'the web page is not built; "npm run build --workspace packages/dashboard" builds it, then start again',
    remedy: 'Build the page and start the server again. "npm ci" does it, unless it ran with --ignore-scripts.',
  },
  invalid_json: {
    status: 400,
    message: 'the request body is not valid JSON',
    remedy: 'Send a JSON object, or no body at all where it is optional.',
  },
  invalid_request: {
    status: 400,
    message: 'invalid request: {problem}',
    remedy: 'Correct the named field.',
  },
  time_invalid: {
    status: 400,
    message: 'invalid {parameter} parameter: {problem}',
    remedy: 'Give a time as RFC 3339 has it, with a time zone: 2026-06-01T00:00:00Z.',
  },
  body_too_large: {
    status: 413,
    message: 'the request body is larger than {limitBytes} bytes',
    remedy: 'Send a smaller body; data is uploaded to the address of the database, not to the Platform API.',
  },
  not_offered: {
    status: 501,
    message: '{feature} is not offered yet',
    remedy: 'See the compatibility page for what to use instead.',
  },
  internal: {
    status: 500,
    message: 'internal error',
    remedy: 'Look for the request id in the server log.',
  },

  // Who asks.
  token_missing: {
    status: 401,
    message: 'no API token: send an Authorization header of the form "Bearer TOKEN"',
    remedy: 'The first token is in the data folder of the server; more are made with "auth api-tokens mint".',
  },
  token_invalid: {
    status: 401,
    message: 'the API token is unknown, expired or revoked',
    remedy: 'Make a new one with "auth api-tokens mint".',
  },
  token_wrong_kind: {
    status: 401,
    message: 'could not parse jwt id: this is a database or group token, and the Platform API needs an API token',
    remedy: 'Use a token made with "auth api-tokens mint"; database tokens are for the address of a database.',
  },
  not_a_member: {
    status: 403,
    message: 'you are not a member of organization {organization}',
    remedy: 'Ask an owner or admin of the organization to add you.',
  },
  role_too_low: {
    status: 403,
    message: 'this needs the role {role} in the organization',
    remedy: 'Ask an owner or admin of the organization.',
  },
  scope_missing: {
    status: 403,
    message: 'the API token lacks the scope {scope}',
    remedy: 'Mint a token with that scope.',
  },
  token_restricted: {
    status: 403,
    message: 'a token that is restricted to an organization or a group may not do this',
    remedy: 'Use an unrestricted API token.',
  },

  // Organizations and people.
  organization_not_found: {
    status: 404,
    message: 'organization not found',
    remedy: 'List the organizations that you belong to with "org list".',
  },
  organization_exists: {
    status: 409,
    message: 'organization with name {organization} already exists',
    remedy: 'Choose another name.',
  },
  organization_name_invalid: {
    status: 400,
    message: 'invalid organization name: {problem}',
    remedy: 'Use lowercase letters, digits and single dashes.',
  },
  organization_not_empty: {
    status: 400,
    message: 'organization {organization} still has {databases} databases',
    remedy: 'Delete or transfer its databases first.',
  },
  organization_personal: {
    status: 400,
    message: 'the personal organization cannot be deleted or shared',
    remedy: 'Create a team organization with "org create".',
  },
  user_not_found: {
    status: 404,
    message: 'could not find user {username}',
    remedy: 'Invite people who have no account by e-mail.',
  },
  member_not_found: {
    status: 404,
    message: 'could not find member',
    remedy: 'List the members of the organization.',
  },
  member_unknown: {
    status: 404,
    message: 'user {username} is not a member of org {organization}',
    remedy: 'List the members of the organization.',
  },
  member_exists: {
    status: 409,
    message: 'user {username} is already a member of organization {organization}',
    remedy: 'Nothing to do; change the role with an update.',
  },
  member_update_forbidden: {
    status: 403,
    message: 'updating member roles is only allowed for admin or owner',
    remedy: 'Ask an owner or admin of the organization.',
  },
  owner_immutable: {
    status: 400,
    message: 'the owner of an organization cannot be removed or given another role',
    remedy: 'Delete the organization, or have another user create one and transfer the groups.',
  },
  role_invalid: {
    status: 400,
    message: 'invalid role',
    remedy: 'Use admin, member or viewer.',
  },
  username_invalid: {
    status: 400,
    message: 'invalid username: {problem}',
    remedy: 'Use lowercase letters, digits and single dashes.',
  },
  username_taken: {
    status: 409,
    message: 'the username {username} is taken',
    remedy: 'Choose another one; organizations count as well.',
  },
  invite_recipient_invalid: {
    status: 400,
    message: 'an invite needs exactly one of email and username',
    remedy: 'Give the e-mail address of somebody new, or the username of somebody who is here.',
  },
  invite_not_found: {
    status: 404,
    message: 'invite not found',
    remedy: 'List the pending invites of the organization.',
  },

  // Locations and groups.
  location_not_found: {
    status: 404,
    message: 'location {location} not found',
    remedy: 'List the locations with "db locations".',
  },
  location_invalid: {
    status: 400,
    message: 'invalid location: {location}',
    remedy: 'List the locations with "db locations".',
  },
  location_code_invalid: {
    status: 400,
    message: 'Invalid location code',
    remedy: 'Name a location that the group has.',
  },
  location_primary: {
    status: 400,
    message: 'cannot remove the primary location {location} of group {group}',
    remedy: 'Only replica locations can be removed; to move a group, branch its databases into a new group.',
  },
  group_not_found: {
    status: 404,
    message: 'group not found',
    remedy: 'List the groups with "group list".',
  },
  /** The documented answer of database creation differs from everywhere else: 400. */
  group_not_found_on_create: {
    status: 400,
    message: 'group not found',
    remedy: 'Create the group first, or name an existing one.',
  },
  group_exists: {
    status: 409,
    message: 'group already exists',
    remedy: 'Choose another name, or use the existing group.',
  },
  group_name_invalid: {
    status: 400,
    message: 'invalid group name: {problem}',
    remedy: 'Use lowercase letters, digits and dashes.',
  },
  group_protected: {
    status: 400,
    message: 'group {group} is delete-protected and cannot be deleted',
    remedy: 'Turn delete protection off in the configuration of the group.',
  },

  transfer_no_group: {
    status: 409,
    message: 'organization {organization} has no group with the locations {locations}',
    remedy: 'Make a group with these locations there, or transfer the whole group.',
  },
  transfer_interrupted: {
    status: 409,
    message: 'groups were changed while the transfer waited for them',
    remedy: 'Try again.',
  },

  // Databases.
  database_not_found: {
    status: 404,
    message: 'could not find database with name {database}: record not found',
    remedy: 'List the databases with "db list".',
  },
  database_exists: {
    status: 409,
    message: 'database with name {database} already exists',
    remedy: 'Choose another name, or use the existing database.',
  },
  database_name_invalid: {
    status: 400,
    message: 'invalid database name: {problem}',
    remedy: 'Use lowercase letters, digits and dashes; name and organization together must fit one DNS label.',
  },
  /** Not "already exists": clients take those words to mean that their own database is there. */
  address_taken: {
    status: 409,
    message: 'the address {label} belongs to a database of another organization; choose another name',
    remedy: 'Choose another name: an address is made of the name of the database and of the organization.',
  },
  database_protected: {
    status: 400,
    message: 'database {database} is delete-protected and cannot be deleted',
    remedy: 'Turn delete protection off in the configuration of the database.',
  },
  size_limit_invalid: {
    status: 400,
    message: 'invalid size limit: {value}',
    remedy: 'Give bytes, or a number with a unit such as 256mb or 1gb.',
  },
  allowed_ip_invalid: {
    status: 400,
    message: 'invalid IP address or CIDR range: {value}',
    remedy: 'Give IPv4 or IPv6 addresses, or ranges such as 10.0.0.0/8.',
  },
  deleted_not_found: {
    status: 404,
    message: 'there is no deleted {thing} {id} that can be restored',
    remedy: 'List what can be restored; the time for it (--deleted-retention) may be over.',
  },
  restore_disabled: {
    status: 400,
    message: 'organization {organization} has restoring turned off',
    remedy: 'An admin or owner turns it on with restore_enabled in the settings of the organization.',
  },
  restore_group_missing: {
    status: 400,
    message: 'the group of the database is deleted or belongs to another organization',
    remedy: 'Restore the group; that restores the databases that were deleted with it.',
  },
  instance_not_found: {
    status: 404,
    message: 'could not find instance {instance} of database {database}',
    remedy: 'List the instances of the database.',
  },

  jwks_not_found: {
    status: 404,
    message: 'could not find key set {name}',
    remedy: 'List the key sets of the organization.',
  },
  jwks_invalid: {
    status: 400,
    message: 'invalid key set: {problem}',
    remedy: "Give a name of letters, digits, dots, dashes and underscores, and the https address of the issuer's keys.",
  },

  // Tokens.
  expiration_invalid: {
    status: 400,
    message: 'Invalid expiration format',
    remedy: 'Use never, or a duration such as 30m, 12h, 7d or 2w1d30m.',
  },
  authorization_invalid: {
    status: 400,
    message: 'invalid authorization: {value}',
    remedy: 'Use full-access or read-only.',
  },
  permission_invalid: {
    status: 400,
    message: 'invalid permission: {problem}',
    remedy:
      'Actions are data_read, data_add, data_update, data_delete, schema_add, schema_update and schema_delete; attached databases must be of the same group.',
  },
  api_token_not_found: {
    status: 404,
    message: 'could not find token {token}',
    remedy: 'List your tokens with "auth api-tokens list".',
  },
  api_token_exists: {
    status: 409,
    message: 'token with name {token} already exists',
    remedy: 'Choose another name, or revoke the existing token.',
  },
  api_token_name_invalid: {
    status: 400,
    message: 'invalid token name: {problem}',
    remedy: 'Use 1 to 64 letters, digits, dots, dashes and underscores.',
  },
  api_token_scopes_invalid: {
    status: 400,
    message: 'invalid scopes: {problem}',
    remedy: 'A token for a group needs the organization and at least one scope; a token for an organization has none.',
  },
} as const satisfies Record<string, ErrorEntry>;
