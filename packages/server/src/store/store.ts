/**
 * The control plane's records: `<dataDir>/control.db`, made or migrated when it is opened.
 *
 * What is lost with this file: who owns which database, all tokens and their keys, the audit log and the usage numbers.
 * The databases themselves are apart, one folder each.
 *
 * @module
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { Kysely } from 'kysely';

import { type Migration, migrate } from './migrate.ts';
import { initial } from './migrations/001-initial.ts';
import { usageAndInvites } from './migrations/002-usage-and-invites.ts';
import { signIn } from './migrations/003-sign-in.ts';
import { nodeSqliteDialect } from './node-sqlite-dialect.ts';
import type { Tables } from './tables.ts';

const MIGRATIONS: readonly Migration[] = [initial, usageAndInvites, signIn];

export interface Store {
  /**
   * All SQL goes through here. There is one connection: inside a transaction use the transaction's handle only, and
   * never wait for anything but the store itself, or every other request waits as well.
   */
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

/** @throws StoreTooNewError when a newer program wrote the records in a way that this one would damage. */
export async function openStore(options: { readonly dataDir: string }): Promise<Store> {
  await mkdir(options.dataDir, { recursive: true });
  const db = new Kysely<Tables>({ dialect: nodeSqliteDialect(path.join(options.dataDir, 'control.db')) });
  try {
    await migrate(db as unknown as Kysely<never>, MIGRATIONS);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, close: async () => await db.destroy() };
}
