/**
 * Runs the process that makes a new database of a dump (host/load-dump-main.ts).
 *
 * @module
 */
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { LoadDumpOptions, LoadDumpResult } from '../host/load-dump-options.ts';
import { runWork } from './work-process.ts';

/** A dump of many gigabytes takes minutes; one that takes longer than this does something else. */
const LOAD_MAX_MS = 60 * 60_000;

/** @throws SkerryError dump_invalid with the line and SQLite's words, internal when the process fails */
export async function loadDumpInProcess(options: LoadDumpOptions): Promise<void> {
  const databases = path.join(options.dataDir, 'databases');
  const output = await runWork({
    entry: 'server/src/host/load-dump-main.ts',
    options,
    read: [databases, options.textFile],
    write: [databases],
    maxMs: LOAD_MAX_MS,
  });
  if (output === undefined) {
    throw new SkerryError('dump_invalid', { problem: `it takes longer than ${LOAD_MAX_MS / 60_000} minutes` });
  }
  const result = JSON.parse(output) as LoadDumpResult;
  if (!result.ok) {
    throw new SkerryError('dump_invalid', { problem: result.problem });
  }
}
