/**
 * Lines typed into the shell, kept in the config folder for the next time; only their owner may read them.
 *
 * @module
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { loginPath } from '../api/connection.ts';
import type { Environment } from '../options/resolve.ts';

export const HISTORY_LINES = 1000;

/** The latest first, as readline has them; none when there is no file yet. */
export async function readHistory(environment: Environment): Promise<string[]> {
  const text = await readFile(historyPath(environment), 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
}

/** A folder that cannot be written to costs the history, not the shell. */
export async function keepHistory(environment: Environment, lines: readonly string[]): Promise<void> {
  const file = historyPath(environment);
  try {
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, lines.slice(0, HISTORY_LINES).join('\n'), { mode: 0o600 });
    await chmod(file, 0o600);
  } catch {
    // See above.
  }
}

function historyPath(environment: Environment): string {
  return path.join(path.dirname(loginPath(environment)), 'history');
}
