/**
 * What one stream has changed and not yet committed.
 *
 * @module
 */
import { statementWords } from '../../sql/lexer.ts';
import type { CountedChange } from './change-feed.ts';
import { changeOf } from './change.ts';

export class Uncommitted {
  readonly #changes = new Map<string, CountedChange>();

  /**
   * Follows a statement that has run.
   *
   * @param isAutocommit the stream's state after it
   * @returns what is committed now
   */
  ran(sql: string, affectedRows: number, isAutocommit: boolean): readonly CountedChange[] {
    const change = affectedRows > 0 ? changeOf(sql) : undefined;
    if (change !== undefined) {
      const key = `${change.action} ${change.table}`;
      const rows = (this.#changes.get(key)?.rows ?? 0) + affectedRows;
      this.#changes.set(key, { ...change, rows });
    }
    if (!isAutocommit || this.#changes.size === 0) {
      return [];
    }
    const ended = [...this.#changes.values()];
    this.#changes.clear();
    return statementWords(sql).first === 'ROLLBACK' ? [] : ended;
  }

  /** The transaction is gone. */
  clear(): void {
    this.#changes.clear();
  }
}
