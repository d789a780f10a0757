/**
 * What a connection says of its own, and whether SQLite's answer is to be waited for.
 *
 * @module
 */
import type { DatabaseSettings } from '../relay/messages.ts';
import type { StatementKind } from './prepared.ts';
import { isSqliteFailure, SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT } from './sqlite-errors.ts';
import { SqlError } from './statement.ts';

/** Another process has SQLite's lock, for a moment. (A snapshot that is too old stays so.) */
export function isBusy(error: unknown): boolean {
  const failure = error instanceof SqlError ? error.cause : error;
  return (
    isSqliteFailure(failure) && (failure.errcode & 0xff) === SQLITE_BUSY && failure.errcode !== SQLITE_BUSY_SNAPSHOT
  );
}

export function tooLarge(): SqlError {
  return new SqlError('RESPONSE_TOO_LARGE', 'Response is too large');
}

export function timedOut(): SqlError {
  return new SqlError('TRANSACTION_TIMEOUT', 'Transaction timed out');
}

export function closed(): SqlError {
  return new SqlError('STREAM_CLOSED', 'the stream was closed');
}

/** @throws {SqlError} when the database's settings do not allow statements of the kind */
export function refuseBlocked(
  kind: StatementKind,
  { awaitingUpload, blockReads, blockWrites }: DatabaseSettings,
): void {
  if (awaitingUpload) {
    throw new SqlError('AWAITING_UPLOAD', 'the database waits for its upload and cannot be queried yet', {
      kind: 'blocked',
    });
  }
  const isWrite = kind === 'write';
  const readsOrWrites = isWrite || kind === 'read' || kind === 'begin';
  if ((blockReads && readsOrWrites) || (blockWrites && isWrite)) {
    throw new SqlError('BLOCKED', 'Operation was blocked', { kind: 'blocked' });
  }
}
