/**
 * SQL on one database through its path, which needs no name to resolve.
 *
 * @module
 */
import {
  type HttpClient,
  HttpServerError,
  openHttp,
  ResponseError,
  type Stream,
  type Value,
} from '@libsql/hrana-client';

import { SqlError, UnreachableError } from '../api/errors.ts';

export interface SqlResult {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Value[])[];
  readonly rowsAffected: number;
}

export class SqlSession implements Disposable {
  readonly #url: string;
  readonly #client: HttpClient;
  /** Only while a transaction is open: an idle stream would run out while a person thinks. */
  #stream: Stream | undefined;

  /** @param url of the database, with a closing slash */
  constructor(url: string, token: string) {
    this.#url = url;
    this.#client = openHttp(url, token, undefined, undefined, 3);
    this.#client.intMode = 'bigint';
  }

  get inTransaction(): boolean {
    return this.#stream !== undefined;
  }

  /**
   * Runs one statement.
   *
   * @throws SqlError when the database refuses it
   */
  async run(sql: string): Promise<SqlResult> {
    return await this.#on(async (stream) => {
      const { columnNames, rows, affectedRowCount } = await stream.query(sql);
      return {
        columns: columnNames.map((name) => name ?? ''),
        rows: rows.map((row) => Array.from(row as ArrayLike<Value>)),
        rowsAffected: affectedRowCount,
      };
    });
  }

  [Symbol.dispose](): void {
    this.#stream?.close();
    this.#client.close();
  }

  async #on<T>(work: (stream: Stream) => Promise<T>): Promise<T> {
    const stream = this.#stream ?? this.#client.openStream();
    this.#stream = stream;
    try {
      return await work(stream);
    } catch (error) {
      throw this.#explained(error);
    } finally {
      await this.#keepOnlyTransaction(stream);
    }
  }

  async #keepOnlyTransaction(stream: Stream): Promise<void> {
    const isAutocommit = await stream.getAutocommit().catch(() => true);
    if (isAutocommit) {
      this.#stream = undefined;
      stream.closeGracefully();
    }
  }

  #explained(error: unknown): Error {
    if (error instanceof ResponseError) {
      return new SqlError(error.message, error.code, 0, error);
    }
    if (error instanceof HttpServerError) {
      return new SqlError(error.message, undefined, 0, error);
    }
    return new UnreachableError(this.#url, error instanceof Error ? error.message : String(error), error);
  }
}
