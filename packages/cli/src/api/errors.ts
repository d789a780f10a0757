/** What can go wrong between a command and the server. */

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Of the error catalogue; undefined from a server that sends none. */
  readonly code: string | undefined;

  constructor(status: number, code: string | undefined, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly url: string;

  constructor(url: string, reason: string, cause?: unknown) {
    super(`No answer from ${url}: ${reason}.`, { cause });
    this.url = url;
  }
}

/** A statement that a database refused, or a request on its address. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
