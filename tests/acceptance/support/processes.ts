/**
 * The processes that serve a data folder, for tests that end some of them. They name the folder in their arguments.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import process from 'node:process';

import type { Skerry } from './skerry.ts';

/** kill -9 for the processes that run SQL: what a crash of the engine does. The gateway starts others. */
export function killHosts({ dataDir }: Skerry): void {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  for (const line of lines.filter((one) => one.includes(dataDir) && /\/host\/main\.ts/.test(one))) {
    try {
      process.kill(Number.parseInt(line, 10), 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
}
