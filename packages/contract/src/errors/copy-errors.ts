/**
 * Errors of databases that begin as something else: a branch, a restore, a dump; and of backups.
 *
 * @module
 */
import type { ErrorEntry } from './entry.ts';

export const COPY_ERRORS = {
  seed_not_found: {
    status: 400,
    message: 'could not find source database with name {database}',
    remedy: 'Name a ready database of the same organization.',
  },
  dump_invalid: {
    status: 400,
    message: 'the dump cannot be loaded: {problem}',
    remedy: 'Send what sqlite3 .dump or turso db shell .dump writes, whole.',
  },
  dump_too_large: {
    status: 413,
    message: 'the dump is larger than {limitBytes} bytes',
    remedy: 'Upload the database file instead, or raise the upload limit of the server.',
  },
  restore_outside_window: {
    status: 400,
    message: '{database} can be restored to any time from {earliest} to {latest}',
    remedy: 'Name a time within. How far back it reaches is set with --log-retention and --log-size.',
  },
  restore_not_stored: {
    status: 409,
    message: 'the state of that time cannot be restored: {problem}',
    remedy:
      'Name another time, or try again in a minute. See docs/sqld.md for what a server with bottomless replication stores.',
  },
  seed_invalid: {
    status: 400,
    message: 'invalid seed: {problem}',
    remedy: 'Use type database with a name, database_upload, or dump with the URL that an upload of a dump gave.',
  },
  backup_not_configured: {
    status: 400,
    message: 'this server has no backup',
    remedy: 'Start it with --backup s3://bucket/prefix.',
  },
} as const satisfies Record<string, ErrorEntry>;
