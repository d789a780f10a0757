/**
 * Every way a command can fail, in words for a person: what happened, then what to do next. Exit codes are stable;
 * scripts rely on them (docs/operations.md lists them).
 *
 * @module
 */
import { StartupError, type StartupFailure } from '@skerry/server/startup-error';

export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  usage: 2,
  address_in_use: 3,
  data_dir_locked: 4,
  data_dir_unusable: 5,
} as const;

/** A mistake on the command line or in the environment. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Explanation {
  /** Ends with a line break; for standard error. */
  readonly text: string;
  readonly exitCode: number;
}

export function explain(error: unknown): Explanation {
  if (error instanceof UsageError) {
    return {
      text: `error: ${error.message}\nNext: "skerry start --help" lists every option.\n`,
      exitCode: EXIT_CODES.usage,
    };
  }
  if (error instanceof StartupError) {
    return { text: `error: ${error.message}\nNext: ${error.nextStep}\n`, exitCode: exitCodeOf(error.failure) };
  }
  // A fault of Skerry itself: the stack is what a bug report needs.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `error: Skerry stopped on an unexpected fault.\n${detail}\n`, exitCode: EXIT_CODES.failure };
}

function exitCodeOf(failure: StartupFailure): number {
  return failure === 'configuration' ? EXIT_CODES.usage : EXIT_CODES[failure];
}
