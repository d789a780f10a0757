/**
 * A database file and a scope for tests.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { NamedArg, Value } from '@skerry/hrana/shared/proto';
import { onTestFinished } from 'vitest';

import type { DatabaseSettings } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import { OpenDatabase } from './open-database.ts';
import type { OpenDatabaseOptions } from './open-database.ts';
import type { Scope, SqlStatement } from './statement.ts';

export const FULL: Rights = { level: 'full', grants: [], attach: [], expiresAtMs: null };
export const READ: Rights = { ...FULL, level: 'read' };
export const SETTINGS: DatabaseSettings = {
  blockReads: false,
  blockWrites: false,
  sizeLimitBytes: null,
  allowAttach: false,
  offSite: false,
  awaitingUpload: false,
  syncProtocol: 'v2',
};

export function scopeOf(rights: Rights = FULL, settings: Partial<DatabaseSettings> = {}): Scope {
  return { rights, settings: { ...SETTINGS, ...settings }, attachPath: () => undefined };
}

export function stmt(sql: string, args: readonly Value[] = [], namedArgs: readonly NamedArg[] = []): SqlStatement {
  return { sql, args, namedArgs, wantRows: true, maxBytes: 10_000_000 };
}

/** A new database in a folder of its own; both go when the test ends. */
export function newDatabase(options: Partial<OpenDatabaseOptions> = {}): OpenDatabase {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-sql-'));
  const file = path.join(folder, 'primary.db');
  OpenDatabase.create(file);
  const database = new OpenDatabase({
    path: file,
    mode: 'primary',
    synchronous: 'normal',
    maxRowBytes: 10_000_000,
    transactionMs: 5_000,
    statementMs: 30_000,
    ...options,
  });
  onTestFinished(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  return database;
}
