/**
 * A CSV file made into a database file of this machine that can be uploaded: one table, whose columns the first line
 * names. All values are text, as `.import` of the sqlite3 program keeps them.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

import { parse } from 'csv-parse';

import { UsageError } from '../errors.ts';
import type { BuiltFile } from './sqlite-from-text.ts';

/** @throws UsageError with the line of what is no CSV */
export async function sqliteFromCsv(
  file: string,
  tableName: string,
  progress?: (readBytes: number) => void,
): Promise<BuiltFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-import-'));
  const target = path.join(folder, 'built.db');
  const dispose = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  const database = new DatabaseSync(target);
  try {
    database.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN');
    await fill(database, file, tableName, progress);
    database.exec('COMMIT');
    return { path: target, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw new UsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    database.close();
  }
}

async function fill(database: DatabaseSync, file: string, tableName: string, progress?: (readBytes: number) => void) {
  const source = createReadStream(file);
  const rows = source.pipe(parse({ bom: true }));
  source.on('error', (error) => rows.destroy(error));
  let insert: StatementSync | undefined;
  for await (const row of rows) {
    const values = row as string[];
    if (insert === undefined) {
      const columns = values.map((name, index) => `${quoted(name === '' ? `column${index + 1}` : name)} TEXT`);
      database.exec(`CREATE TABLE ${quoted(tableName)} (${columns.join(', ')})`);
      insert = database.prepare(`INSERT INTO ${quoted(tableName)} VALUES (${values.map(() => '?').join(', ')})`);
    } else {
      insert.run(...values);
    }
    progress?.(source.bytesRead);
  }
  if (insert === undefined) {
    throw new Error('it is empty, and its first line should name the columns');
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
