/** What can go wrong between a command and the server, besides the refusals of the Platform API. */

export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly url: string;
  /** What to do, where it is not the server of the command that does not answer. */
  readonly nextStep: string | undefined;

  constructor(url: string, reason: string, cause?: unknown, nextStep?: string) {
    super(`No answer from ${url}: ${reason}.`, { cause });
    this.url = url;
    this.nextStep = nextStep;
  }
}

/** A statement that a database refused, or a request on its address. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly code: string | undefined;
  /** Of the HTTP answer; 0 where there was none. */
  readonly status: number;

  constructor(message: string, code: string | undefined, status = 0, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.status = status;
  }
}
