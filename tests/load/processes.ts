/**
 * What the processes of a server cost, as Linux tells it in /proc. They are known by a text in their command lines, which
 * is the server's data folder.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';

/** Of a clock tick, by which Linux counts: 100 in a second on every machine that Node runs on. */
const TICK_US = 10_000;

export class Processes {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Processor time of all since they began. */
  cpuUs(): number {
    return this.#sum((pid) => {
      const stat = read(`/proc/${pid}/stat`);
      // The program's name may hold anything; after its bracket come the state and, 11 fields on, user and system time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_US;
    });
  }

  /** Memory of all, each shared page counted once. */
  memoryMb(): number {
    return this.#sum(
      (pid) => (Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024) / 1e6,
    );
  }

  openFiles(): number {
    return this.#sum((pid) => readdirSync(`/proc/${pid}/fd`).length);
  }

  #sum(of: (pid: string) => number): number {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && read(`/proc/${name}/cmdline`).includes(this.#text))
      .reduce((sum, pid) => sum + of(pid), 0);
  }
}

/** Empty for a process that has ended. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
