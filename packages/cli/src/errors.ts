/**
 * Every way a command can fail, in words for a person: what happened, then what to do next. Exit codes are stable;
 * scripts rely on them (docs/operations.md lists them).
 *
 * @module
 */
import { ApiError } from '@skerry/contract/client';
import { ERRORS } from '@skerry/contract/errors/catalogue';
import type { ErrorEntry } from '@skerry/contract/errors/entry';
import { StartupError, type StartupFailure } from '@skerry/server/startup-error';

import { SqlError, UnreachableError } from './api/errors.ts';

export const EXIT_CODES = {
  ok: 0,
  failure: 1,
  usage: 2,
  address_in_use: 3,
  data_dir_locked: 4,
  data_dir_unusable: 5,
  refused: 6,
  unreachable: 7,
  store_unusable: 8,
} as const;

/** A mistake on the command line or in the environment. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly nextStep: string;

  constructor(message: string, nextStep = 'the same command with --help lists its options.') {
    super(message);
    this.nextStep = nextStep;
  }
}

export interface Explanation {
  /** Ends with a line break; for standard error. */
  readonly text: string;
  readonly exitCode: number;
}

export function explain(error: unknown): Explanation {
  if (error instanceof UsageError) {
    return { text: told(error.message, error.nextStep), exitCode: EXIT_CODES.usage };
  }
  if (error instanceof StartupError) {
    return { text: told(error.message, error.nextStep), exitCode: exitCodeOf(error.failure) };
  }
  if (error instanceof ApiError || error instanceof SqlError) {
    const code = error.code === undefined ? '' : ` (${error.code})`;
    return { text: told(`${error.message}${code}`, remedyOf(error.code)), exitCode: EXIT_CODES.refused };
  }
  if (error instanceof UnreachableError) {
    const next =
      error.nextStep ??
      'start a server with "skerry start", or name another with --url. "skerry doctor" looks for the cause.';
    return { text: told(error.message, next), exitCode: EXIT_CODES.unreachable };
  }
  // A fault of Skerry itself: the stack is what a bug report needs.
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { text: `error: Skerry stopped on an unexpected fault.\n${detail}\n`, exitCode: EXIT_CODES.failure };
}

function told(message: string, next: string | undefined): string {
  return next === undefined ? `error: ${message}\n` : `error: ${message}\nNext: ${next}\n`;
}

function remedyOf(code: string | undefined): string | undefined {
  const errors: Readonly<Record<string, ErrorEntry>> = ERRORS;
  return code === undefined || !Object.hasOwn(errors, code) ? undefined : errors[code]?.remedy;
}

function exitCodeOf(failure: StartupFailure): number {
  return failure === 'configuration' ? EXIT_CODES.usage : EXIT_CODES[failure];
}
