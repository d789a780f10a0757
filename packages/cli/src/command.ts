/**
 * A command is data: what it is called, what it takes, and one function. `program.ts` makes a command line of a list.
 *
 * @module
 */
import type { Environment, GivenFlags } from './options/resolve.ts';
import type { Option } from './options/table.ts';

/** The world a command may touch; tests pass their own. */
export interface Terminal {
  readonly environment: Environment;
  /** For people and pipes: the command's result. */
  out(text: string): void;
  /** For people: errors and warnings. */
  err(text: string): void;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, Option<unknown>>>;
  /** Closing part of `--help`. */
  readonly notes: string;
  /** Resolves with the exit code; failures are thrown (see errors.ts). */
  run(flags: GivenFlags, terminal: Terminal): Promise<number>;
}
