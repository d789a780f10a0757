/**
 * Statements in a file, such as a dump, made into a database file of this machine that can be uploaded.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { loadDump } from '@skerry/server/sql/load-dump';

import { UsageError } from '../errors.ts';

/** SQLite's own largest row: the server decides what it takes. */
const ROW_MAX_BYTES = 1_000_000_000;

export interface BuiltFile extends AsyncDisposable {
  readonly path: string;
}

/**
 * @param progress is told how many bytes of the text were run
 * @throws UsageError with the line and SQLite's words when a statement fails, or a transaction is not committed
 */
export async function sqliteFromText(file: string, progress?: (readBytes: number) => void): Promise<BuiltFile> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-import-'));
  const target = path.join(folder, 'built.db');
  const dispose = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  try {
    await loadDumpInto(file, target, progress);
    return { path: target, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** @throws UsageError as `sqliteFromText` */
export async function loadDumpInto(
  file: string,
  target: string,
  progress?: (readBytes: number) => void,
): Promise<void> {
  try {
    await loadDump(file, target, { maxRowBytes: ROW_MAX_BYTES, ...(progress === undefined ? {} : { progress }) });
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
