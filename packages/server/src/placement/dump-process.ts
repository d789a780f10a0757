/**
 * Runs the process that makes a new database of a dump (host/load-dump-main.ts).
 *
 * @module
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { LoadDumpOptions, LoadDumpResult } from '../host/load-dump-options.ts';
import { sandboxed } from './sandbox.ts';

/** A dump of many gigabytes takes minutes; one that takes longer than this does something else. */
const LOAD_MAX_MS = 60 * 60_000;

/** @throws SkerryError dump_invalid with the line and SQLite's words, internal when the process fails */
export async function loadDumpInProcess(options: LoadDumpOptions): Promise<void> {
  const databases = path.join(options.dataDir, 'databases');
  const flags = sandboxed('server/src/host/load-dump-main.ts', {
    read: [databases, options.textFile],
    write: [databases],
  });
  const output = await new Promise<string>((resolve, reject) => {
    execFile(
      process.execPath,
      [...flags, JSON.stringify(options)],
      { env: {}, timeout: LOAD_MAX_MS, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else if (error.killed === true) {
          reject(new SkerryError('dump_invalid', { problem: `it takes longer than ${LOAD_MAX_MS / 60_000} minutes` }));
        } else {
          reject(new SkerryError('internal', {}, { cause: error, details: { stderr } }));
        }
      },
    );
  });
  const result = JSON.parse(output) as LoadDumpResult;
  if (!result.ok) {
    throw new SkerryError('dump_invalid', { problem: result.problem });
  }
}
