/**
 * CPU time of a target's processes, as Linux tells it in /proc. On other systems there is none to tell.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Of the times in /proc/<pid>/stat, on every Linux. */
const TICK_MS = 10;

/** Process id → milliseconds so far. */
export type CpuTimes = ReadonlyMap<string, number>;

/** @param mark a text that the command line of each of the target's processes has */
export function cpuTimes(mark: string): CpuTimes {
  const times = new Map<string, number>();
  for (const pid of processIds()) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark)) {
        // What follows the command's name, which may have spaces and brackets: state, parent, …, utime, stime.
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        times.set(pid, (Number(fields[11]) + Number(fields[12])) * TICK_MS);
      }
    } catch {
      // It has just ended.
    }
  }
  return times;
}

/** Of the process that worked most in between; undefined when nothing is known of any. */
export function busiestMs(before: CpuTimes, after: CpuTimes): number | undefined {
  const spentMs = [...after].map(([pid, ms]) => ms - (before.get(pid) ?? 0));
  return spentMs.length === 0 ? undefined : Math.max(...spentMs);
}

function processIds(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
