/**
 * One database file, opened in this host: its connections share the write queue and the checkpoint rule.
 *
 * @module
 */
import { Connection } from './connection.ts';
import { SqlError } from './statement.ts';

export interface OpenDatabaseOptions {
  /** Absolute path of an existing database file. */
  readonly path: string;
  /** `replica`: no statement may change it. */
  readonly mode: 'primary' | 'replica';
  readonly synchronous: 'full' | 'normal';
  /** Largest value or row (SQLITE_LIMIT_LENGTH). */
  readonly maxRowBytes: number;
  /** A write transaction this old loses its lock when another write waits. */
  readonly transactionMs: number;
  /** Longest time of one statement, as far as it can be seen between two of its rows. */
  readonly statementMs: number;
}

export class OpenDatabase {
  readonly options: OpenDatabaseOptions;

  /** Opens nothing yet; the first `connect` does. */
  constructor(options: OpenDatabaseOptions) {
    this.options = options;
  }

  /** Makes a new, empty database file that survives a crash right after the call. @throws when the path exists */
  static create(_path: string): void {
    throw new SqlError('SQLITE_INTERNAL', 'not implemented', { kind: 'server' });
  }

  /** A connection for one stream. @throws {SqlError} when the file cannot be opened */
  connect(): Connection {
    return new Connection();
  }

  get connectionCount(): number {
    return 0;
  }

  /** Closes every connection; the last one moves the WAL into the file. Safe to call twice. */
  close(): void {
    throw new SqlError('SQLITE_INTERNAL', 'not implemented', { kind: 'server' });
  }
}
