/**
 * Every operation, for those who need them all: the OpenAPI document, and tests that leave none out.
 *
 * @module
 */
import * as accounts from './accounts.ts';
import * as apiTokens from './api-tokens.ts';
import * as auditLogs from './audit-logs.ts';
import * as backup from './backup.ts';
import * as billing from './billing.ts';
import * as databaseChanges from './database-changes.ts';
import * as databaseTokens from './database-tokens.ts';
import * as databases from './databases.ts';
import * as documents from './documents.ts';
import * as events from './events.ts';
import * as groupChanges from './group-changes.ts';
import * as groups from './groups.ts';
import * as instances from './instances.ts';
import * as invites from './invites.ts';
import * as jwks from './jwks.ts';
import * as locations from './locations.ts';
import * as members from './members.ts';
import type { Operation } from './operation.ts';
import * as organizationApiTokens from './organization-api-tokens.ts';
import * as organizations from './organizations.ts';
import * as releases from './releases.ts';
import * as restore from './restore.ts';
import * as sessions from './sessions.ts';
import * as usage from './usage.ts';
import * as users from './users.ts';

const MODULES = [
  organizations,
  organizationApiTokens,
  users,
  sessions,
  accounts,
  members,
  invites,
  locations,
  groups,
  groupChanges,
  databases,
  databaseChanges,
  backup,
  instances,
  databaseTokens,
  apiTokens,
  usage,
  auditLogs,
  events,
  billing,
  jwks,
  restore,
  releases,
  documents,
];

export const OPERATIONS: readonly Operation[] = MODULES.flatMap((module) =>
  Object.values<unknown>(module).filter((value) => isOperation(value)),
);

function isOperation(value: unknown): value is Operation {
  return typeof value === 'object' && value !== null && 'authority' in value && 'path' in value;
}
