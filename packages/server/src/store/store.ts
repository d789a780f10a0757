/**
 * The control plane's records: `<dataDir>/control.db`, or a PostgreSQL database; made or migrated when it is opened.
 *
 * What is lost with them: who owns which database, all tokens and their keys, the audit log and the usage numbers. The
 * databases themselves are apart.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { Kysely } from 'kysely';

import { StartupError } from '../startup-error.ts';
import { type Coordination, soleProcess } from './coordination.ts';
import { type Migration, migrate, type StoreDialect, StoreTooNewError } from './migrate.ts';
import { initial } from './migrations/001-initial.ts';
import { usageAndInvites } from './migrations/002-usage-and-invites.ts';
import { signIn } from './migrations/003-sign-in.ts';
import { workers } from './migrations/004-workers.ts';
import { settings } from './migrations/005-settings.ts';
import { deleted } from './migrations/006-deleted.ts';
import { syncProtocol } from './migrations/007-sync-protocol.ts';
import { keySets } from './migrations/008-key-sets.ts';
import { offSite } from './migrations/009-off-site.ts';
import { policyChanges } from './migrations/010-policy-changes.ts';
import { shared } from './migrations/011-shared.ts';
import { groupTokenTimes } from './migrations/012-group-token-times.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import { checkReachable, openPool, unusable } from './postgres/connection.ts';
import { StorePostgresDialect } from './postgres/dialect.ts';
import { PostgresSession } from './postgres/session.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS: readonly Migration[] = [
  initial,
  usageAndInvites,
  signIn,
  workers,
  settings,
  deleted,
  syncProtocol,
  keySets,
  offSite,
  policyChanges,
  shared,
  groupTokenTimes,
];

export interface StoreOptions {
  readonly dataDir: string;
  /** `postgres://…`; without it, a file in the data folder. */
  readonly url?: string | undefined;
  /** A connection was lost, or a message could not be sent; the store goes on by itself. */
  readonly onProblem?: (error: unknown) => void;
}

export interface Store {
  /**
   * All SQL goes through here. Transactions that write run one at a time, in all processes: inside one use its handle
   * only, and never wait for anything but the store itself, or every other request waits as well.
   */
  readonly db: Kysely<Tables>;
  readonly dialect: StoreDialect;
  readonly coordination: Coordination;
  close(): Promise<void>;
}

/** @throws StartupError `store_unusable`: it cannot be reached, or a newer program wrote it in a way that this one would damage */
export async function openStore(options: StoreOptions): Promise<Store> {
  return options.url === undefined ? await openFile(options.dataDir) : await openPostgres(options.url, options);
}

async function openFile(dataDir: string): Promise<Store> {
  await mkdir(dataDir, { recursive: true });
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path.join(dataDir, 'control.db')) });
  try {
    await migrateStore(db, 'sqlite');
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    dialect: 'sqlite',
    coordination: soleProcess(randomUUID()),
    close: async () => await db.destroy(),
  };
}

async function openPostgres(url: string, { onProblem = () => undefined }: StoreOptions): Promise<Store> {
  const pool = openPool(url, onProblem);
  const db = new Kysely<Tables>({ dialect: new StorePostgresDialect(pool) });
  const session = new PostgresSession(url, randomUUID(), onProblem);
  const close = async (): Promise<void> => {
    await session.close();
    await db.destroy();
  };
  try {
    await checkReachable(pool, url);
    await migrateStore(db, 'postgres');
    await session.open();
  } catch (error) {
    await close();
    throw error instanceof StartupError ? error : unusable(error, url);
  }
  return { db, dialect: 'postgres', coordination: session, close };
}

async function migrateStore(db: Kysely<Tables>, dialect: StoreDialect): Promise<void> {
  try {
    await migrate(db as unknown as Kysely<never>, MIGRATIONS, dialect);
  } catch (error) {
    throw error instanceof StoreTooNewError
      ? new StartupError(
          'store_unusable',
          `This program is too old: ${error.message}.`,
          'Start the newer program again, or restore the records from before it.',
          error,
        )
      : error;
  }
}
