/**
 * Errors of the store that are nobody's mistake in the program, told apart by PostgreSQL's codes. SQLite in a file has
 * no such errors.
 *
 * @module
 */

const NETWORK: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);
/** lock_not_available, too_many_connections, and the server's shutting down and starting. */
const BUSY: ReadonlySet<unknown> = new Set(['55P03', '53300', '57P01', '57P02', '57P03']);
const INVALID_TEXT = '22021';

/** The store is away or does not come to it; the same request may succeed soon. */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) {
    return false;
  }
  const code = 'code' in error ? error.code : undefined;
  return (
    NETWORK.has(code) ||
    BUSY.has(code) ||
    (typeof code === 'string' && code.startsWith('08')) ||
    // These come from the driver, without a code.
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      error.message,
    )
  );
}

/** A text holds U+0000, which PostgreSQL cannot keep. */
export function isUnkeepableText(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === INVALID_TEXT;
}
