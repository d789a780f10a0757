/**
 * Runs a process that does one piece of work in a sandbox, and gives what it answers.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import process from 'node:process';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import { sandboxed } from './sandbox.ts';

export interface WorkProcess {
  /** File below the packages folder. */
  readonly entry: string;
  /** Becomes its one argument, as JSON. */
  readonly options: object;
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Then it is ended. */
  readonly maxMs: number;
}

/**
 * @returns what it wrote to its standard output; undefined when its time was over
 * @throws SkerryError internal when the process fails
 */
export async function runWork({ entry, options, read, write, maxMs }: WorkProcess): Promise<string | undefined> {
  const flags = sandboxed(entry, { read, write });
  return await new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...flags, JSON.stringify(options)],
      { env: {}, timeout: maxMs, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) {
          resolve(stdout);
        } else if (error.killed === true) {
          resolve(undefined);
        } else {
          reject(new SkerryError('internal', {}, { cause: error, details: { stderr } }));
        }
      },
    );
  });
}
