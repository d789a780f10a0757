/**
 * A command is data: what it is called, what it takes, and one function. `program.ts` makes a command line of a list.
 *
 * @module
 */
import type { Environment, GivenFlags } from './options/resolve.ts';

/** The world a command may touch; tests pass their own. */
export interface Terminal {
  readonly environment: Environment;
  /** For people and pipes: the command's result. */
  out(text: string): void;
  /** For people: errors and warnings. */
  err(text: string): void;
  /** A person watches standard error, and a line there may be written over. */
  readonly showsProgress?: boolean;
  /** What a person types or a pipe brings. */
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Where the shell draws the line that is being typed. */
  readonly output: NodeJS.WritableStream;
}

export interface Argument {
  /** As `--help` shows it; also its name in `GivenArguments`. */
  readonly name: string;
  readonly help: string;
  readonly isOptional?: boolean;
}

export interface Flag {
  /** Its name in `GivenFlags`: `dataDir` is `--data-dir`. */
  readonly name: string;
  /** Stands for the value; a flag without one is a switch. */
  readonly metavar?: string;
  readonly help: string;
  /** Heading in `--help`, where a command has several. */
  readonly section?: string;
  readonly isRepeatable?: boolean;
}

export type GivenArguments = Readonly<Record<string, string | undefined>>;

export interface Command {
  /** Noun, then verb: `db create`. */
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly Argument[];
  readonly flags: readonly Flag[];
  /** Closing part of `--help`. */
  readonly notes: string;
  /** Resolves with the exit code; failures are thrown (see errors.ts). */
  run(given: { readonly arguments: GivenArguments; readonly flags: GivenFlags }, terminal: Terminal): Promise<number>;
}
