/**
 * SQL texts that a client sends once and then names by a number.
 *
 * @module
 */
import { HranaDecodeError } from '@skerry/hrana/shared/errors';
import type { SqlSource } from '@skerry/hrana/shared/proto';

import { SqlError } from '../sql/statement.ts';

/** Clients keep up to 100 (their own limit); sqld takes 150. */
const TEXTS_MAX = 150;
/** sqld takes 5,000 bytes; clients that were written for Turso send more. */
const TEXT_MAX_CHARACTERS = 1_000_000;
/** All together, so that streams cannot be used to fill the host's memory. */
const TOTAL_MAX_CHARACTERS = 4_000_000;

export class StoredSql {
  readonly #texts = new Map<number, string>();
  #totalCharacters = 0;

  /** @throws HranaDecodeError for a number in use, {SqlError} when there are too many or the text is too long */
  store(sqlId: number, sql: string): void {
    if (this.#texts.has(sqlId)) {
      throw new HranaDecodeError('violation', `SQL text ${sqlId} already exists`);
    }
    if (this.#texts.size >= TEXTS_MAX) {
      throw new SqlError('SQL_STORE_TOO_MANY', `Too many SQL texts are stored: the limit is ${TEXTS_MAX}`);
    }
    if (sql.length > TEXT_MAX_CHARACTERS || this.#totalCharacters + sql.length > TOTAL_MAX_CHARACTERS) {
      throw new SqlError(
        'SQL_STORE_TOO_LARGE',
        `SQL text is too large to be stored: the limit is ${TEXT_MAX_CHARACTERS}, and ${TOTAL_MAX_CHARACTERS} for all`,
      );
    }
    this.#texts.set(sqlId, sql);
    this.#totalCharacters += sql.length;
  }

  /** A number that names nothing is fine. */
  close(sqlId: number): void {
    this.#totalCharacters -= this.#texts.get(sqlId)?.length ?? 0;
    this.#texts.delete(sqlId);
  }

  /**
   * @throws {SqlError} when the number names nothing. sqld fails the whole request or socket; but a client that does not
   *   wait for its `store_sql` would not learn then that this was refused, and why.
   */
  text(source: SqlSource): string {
    if (source.sql !== undefined) {
      return source.sql;
    }
    const text = this.#texts.get(source.sqlId);
    if (text === undefined) {
      throw new SqlError('SQL_NOT_STORED', `SQL text ${source.sqlId} not found`);
    }
    return text;
  }
}
