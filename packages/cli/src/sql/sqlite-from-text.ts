/**
 * Statements in a file, such as a dump, made into a database file of this machine that can be uploaded. SQLite runs them
 * here, because a dump of virtual tables writes the schema table, which no server lets anybody do.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { UsageError } from '../errors.ts';
import { lastStatement, splitStatements } from './split.ts';

/** Text that is read at once. */
const CHUNK_CHARACTERS = 1_000_000;

export interface BuiltFile extends AsyncDisposable {
  readonly path: string;
}

/** @throws UsageError with SQLite's words when a statement fails, or a transaction is not committed */
export async function sqliteFromText(file: string): Promise<BuiltFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-import-'));
  const target = path.join(folder, 'built.db');
  const dispose = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  try {
    await build(file, target);
    return { path: target, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function build(file: string, target: string): Promise<void> {
  const database = new DatabaseSync(target, {
    enableForeignKeyConstraints: false,
    enableDoubleQuotedStringLiterals: true,
  });
  try {
    database.enableDefensive(false);
    // The file is worth nothing until it is whole.
    database.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    let pending = '';
    for await (const part of createReadStream(file, { encoding: 'utf8', highWaterMark: CHUNK_CHARACTERS })) {
      const { statements, rest } = splitStatements(pending + String(part));
      pending = rest;
      for (const statement of statements) {
        database.exec(statement);
      }
    }
    const last = lastStatement(pending);
    if (last !== undefined) {
      database.exec(last);
    }
    if (database.isTransaction) {
      throw new UsageError(`${file} begins a transaction that it does not commit.`);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      throw error;
    }
    throw new UsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    database.close();
  }
}
