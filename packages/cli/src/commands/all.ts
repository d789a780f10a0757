/**
 * Every command, in the order of `--help`.
 *
 * @module
 */
import type { CommandLine } from '../program.ts';
import { authApiTokensList, authApiTokensMint, authApiTokensRevoke } from './auth/api-tokens.ts';
import { authLogin, authLogout } from './auth/login.ts';
import { authWhoami } from './auth/whoami.ts';
import { backupStatus, backupVerify } from './backup/backup.ts';
import { certsCommand } from './certs.ts';
import { dbBranch, dbRestore } from './db/branch.ts';
import { dbCreate } from './db/create.ts';
import { dbDeleted, dbUndelete } from './db/deleted.ts';
import { dbDestroy } from './db/destroy.ts';
import { dbDump } from './db/dump.ts';
import { dbExport } from './db/export.ts';
import { dbImport } from './db/import.ts';
import { dbList } from './db/list.ts';
import { dbLocations } from './db/locations.ts';
import { dbShell } from './db/shell.ts';
import { dbShow } from './db/show.ts';
import { dbTokensCreate, dbTokensInvalidate } from './db/tokens.ts';
import { dbUsage } from './db/usage.ts';
import { doctorCommand } from './doctor.ts';
import { groupCreate } from './group/create.ts';
import { groupDestroy } from './group/destroy.ts';
import { groupList } from './group/list.ts';
import { groupLocationsAdd, groupLocationsList, groupLocationsRemove } from './group/locations.ts';
import { groupShow } from './group/show.ts';
import { groupTokensCreate, groupTokensInvalidate } from './group/tokens.ts';
import { importSqld } from './import/sqld.ts';
import { importTurso } from './import/turso.ts';
import { orgCreate } from './org/create.ts';
import { orgDestroy } from './org/destroy.ts';
import { orgList } from './org/list.ts';
import { orgMembersList } from './org/members.ts';
import { orgShow } from './org/show.ts';
import { restoreCommand } from './restore.ts';
import { startCommand } from './start.ts';
import { userAdd, userLink, userList, userRemove } from './user/users.ts';

export const SKERRY: CommandLine = {
  commands: [
    startCommand,
    certsCommand,
    dbList,
    dbShow,
    dbCreate,
    dbBranch,
    dbRestore,
    dbImport,
    dbShell,
    dbExport,
    dbDump,
    dbUsage,
    dbDestroy,
    dbDeleted,
    dbUndelete,
    dbTokensCreate,
    dbTokensInvalidate,
    dbLocations,
    groupList,
    groupShow,
    groupCreate,
    groupDestroy,
    groupLocationsList,
    groupLocationsAdd,
    groupLocationsRemove,
    groupTokensCreate,
    groupTokensInvalidate,
    orgList,
    orgShow,
    orgCreate,
    orgDestroy,
    orgMembersList,
    authLogin,
    authLogout,
    authWhoami,
    authApiTokensList,
    authApiTokensMint,
    authApiTokensRevoke,
    userList,
    userAdd,
    userLink,
    userRemove,
    importTurso,
    importSqld,
    backupStatus,
    backupVerify,
    restoreCommand,
    doctorCommand,
  ],
  nouns: {
    db: 'Databases: their SQL, tokens and files.',
    'db tokens': 'Tokens that open one database.',
    group: 'Groups: databases that share locations.',
    'group locations': 'Where the databases of a group have instances.',
    'group tokens': 'Tokens that open every database of a group.',
    org: 'Organizations.',
    'org members': 'People in an organization.',
    import: 'Move everything here from somewhere else.',
    backup: 'The backup off the machine.',
    auth: 'Who you are, and your API tokens.',
    'auth api-tokens': 'Tokens for the Platform API.',
    user: 'People who have an account on the server.',
  },
};
