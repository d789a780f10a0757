/**
 * Connections to PostgreSQL, and what goes wrong with them in words for the person who started the server. The URL holds
 * a password: it is never part of a message.
 *
 * @module
 */
import { type ClientConfig, type CustomTypesConfig, Pool, types } from 'pg';

import { StartupError } from '../../startup-error.ts';

const CONNECTIONS_MAX = 10;
const CONNECT_MS = 10_000;
/** A process that stops in the middle of a transaction must not hold everybody else's writes for longer. */
const IDLE_IN_TRANSACTION_MS = 30_000;
const LOCK_WAIT_MS = 30_000;

/** The types `int8`, and `numeric`, which a sum of those has; they would arrive as text. */
const WIDE: ReadonlySet<number> = new Set([20, 1700]);
const WITH_NUMBERS: CustomTypesConfig = {
  getTypeParser: (oid, format) => (WIDE.has(oid) ? Number : types.getTypeParser(oid, format)),
};

export function clientConfig(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'skerry',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types: WITH_NUMBERS,
  };
}

export function openPool(url: string, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    ...clientConfig(url),
    max: CONNECTIONS_MAX,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    lock_timeout: LOCK_WAIT_MS,
  });
  // Of a connection that nobody uses at the moment; the pool replaces it.
  pool.on('error', onError);
  return pool;
}

/** @throws StartupError `store_unusable` */
export async function checkReachable(pool: Pool, url: string): Promise<void> {
  try {
    const client = await pool.connect();
    client.release();
  } catch (error) {
    throw unusable(error, url);
  }
}

/** What a person may know of the address: no user, no password, no parameters. */
export function shownAddress(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) {
    return 'the PostgreSQL server of --store';
  }
  const host = parsed.searchParams.get('host') ?? (parsed.host === '' ? 'localhost' : parsed.host);
  return `database "${decodeURIComponent(parsed.pathname.slice(1))}" at ${host}`;
}

export function unusable(error: unknown, url: string): StartupError {
  const { problem, nextStep } = reasonOf(error);
  return new StartupError(
    'store_unusable',
    `The records cannot be kept in ${shownAddress(url)}: ${problem}.`,
    nextStep,
    error,
  );
}

function reasonOf(error: unknown): { problem: string; nextStep: string } {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 'ECONNREFUSED':
    case 'ENOENT':
      return {
        problem: 'nothing listens there',
        nextStep: 'Start PostgreSQL, or correct host and port in --store (SKERRY_STORE).',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { problem: 'no machine has that name', nextStep: 'Correct the host in --store (SKERRY_STORE).' };
    case '28P01':
    case '28000':
      return {
        problem: 'user or password are not accepted',
        nextStep: 'Correct them in --store (SKERRY_STORE); special characters are written %40, %3A, %2F in a URL.',
      };
    case '3D000':
      return {
        problem: 'the server has no such database',
        nextStep: 'Make it once, for example with "createdb", or correct the name in --store (SKERRY_STORE).',
      };
    case '42501':
      return {
        problem: 'the user may not make tables there',
        nextStep: 'Make the user the owner of the database, or grant it CREATE on the schema.',
      };
    case '53300':
      return {
        problem: 'the server has no connection left',
        nextStep: `Raise its max_connections: each Skerry process uses up to ${CONNECTIONS_MAX + 1}.`,
      };
    default:
      return {
        problem: message === '' ? 'the connection failed' : message,
        nextStep: 'Look into the log of the PostgreSQL server, and at --store (SKERRY_STORE).',
      };
  }
}
