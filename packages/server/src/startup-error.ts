/**
 * Why the server could not start, in words for the person who started it: what happened and what to do about it.
 *
 * @module
 */

export type StartupFailure =
  | 'address_in_use'
  | 'data_dir_locked'
  | 'data_dir_unusable'
  | 'store_unusable'
  | 'configuration';

export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly failure: StartupFailure;
  /** One or two sentences in the imperative: the way out. */
  readonly nextStep: string;

  constructor(failure: StartupFailure, message: string, nextStep: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
    this.nextStep = nextStep;
  }
}
