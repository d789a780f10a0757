/**
 * The rows of one statement, pulled by whoever sends them on.
 *
 * @module
 */
import type { Col, Value } from '@skerry/hrana/shared/proto';
import { estimateRowBytes } from '@skerry/hrana/shared/size';

import { SqlError } from './statement.ts';
import type { RowSource, StatementEffect } from './statement.ts';

/** One call of `next` works about this long at most, so that other streams get their turn. */
export const SLICE_MS = 5;
/** Looking at the clock for every row would cost more than the row. */
const LOOK_EVERY_ROWS = 64;

export interface SteppedRows {
  readonly rows: Iterator<Value[]>;
  /** The columns, right once the first row was asked for. */
  cols(): readonly Col[];
  /** Before every slice: the connection must still be the stream's, and the rights must be in place. */
  before(): void;
  /** Called once: the statement ran to its end. */
  finished(rowCount: number): StatementEffect;
  /** Called once: it failed, or nobody wants its rows. Makes an error of SQLite one for the client. */
  abandoned(error: unknown): unknown;
}

/** Rows as SQLite finds them. */
export class SteppedSource implements RowSource {
  readonly cols: readonly Col[];
  readonly #stepped: SteppedRows;
  #next: IteratorResult<Value[]> | undefined;
  #effect: StatementEffect | undefined;
  #rowCount = 0;
  #sizeBytes = 0;
  #isOver = false;

  constructor(stepped: SteppedRows) {
    this.#stepped = stepped;
    // The first step compiles the statement anew when the schema has changed.
    this.#next = this.#step();
    this.cols = stepped.cols();
  }

  get done(): boolean {
    return this.#effect !== undefined;
  }

  /** Of all rows given so far, as `estimateRowBytes` counts. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  next(maxRows: number, maxBytes: number): Value[][] {
    const rows: Value[][] = [];
    if (this.done) {
      return rows;
    }
    // Says why, when the connection or its transaction was taken away meanwhile.
    this.#stepped.before();
    if (this.#isOver) {
      throw new SqlError('CURSOR_CLOSED', 'the statement was ended before all of its rows were read');
    }
    const untilMs = performance.now() + SLICE_MS;
    const untilBytes = this.#sizeBytes + maxBytes;
    while (rows.length < maxRows && this.#sizeBytes < untilBytes) {
      const step = this.#next ?? this.#step();
      this.#next = undefined;
      if (step.done === true) {
        this.#isOver = true;
        this.#effect = this.#stepped.finished(this.#rowCount);
        break;
      }
      this.#rowCount += 1;
      rows.push(step.value);
      this.#sizeBytes += estimateRowBytes(step.value);
      if (rows.length % LOOK_EVERY_ROWS === 0 && performance.now() > untilMs) {
        break;
      }
    }
    return rows;
  }

  effect(): StatementEffect {
    if (this.#effect === undefined) {
      throw new Error('the statement has not run to its end');
    }
    return this.#effect;
  }

  close(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#stepped.rows.return?.();
      this.#stepped.abandoned(undefined);
    }
  }

  #step(): IteratorResult<Value[]> {
    try {
      return stepOf(this.#stepped.rows);
    } catch (error) {
      this.#isOver = true;
      throw this.#stepped.abandoned(error);
    }
  }
}

/** The next row. A statement that failed must be ended, or its next run fails with the same error. */
function stepOf(rows: Iterator<Value[]>): IteratorResult<Value[]> {
  try {
    return rows.next();
  } catch (error) {
    rows.return?.();
    throw error;
  }
}

/**
 * Takes all rows at once, which is quicker than a `SteppedSource` but does not let others have their turn.
 *
 * @returns undefined when there are more than allowed; the statement is ended then
 */
export function takeAll(
  rows: Iterator<Value[]>,
  { maxRows, maxBytes }: { readonly maxRows: number; readonly maxBytes: number },
): { readonly rows: Value[][]; readonly sizeBytes: number } | undefined {
  const taken: Value[][] = [];
  let sizeBytes = 0;
  for (let step = stepOf(rows); step.done !== true; step = stepOf(rows)) {
    sizeBytes += estimateRowBytes(step.value);
    if (taken.length >= maxRows || sizeBytes > maxBytes) {
      rows.return?.();
      return undefined;
    }
    taken.push(step.value);
  }
  return { rows: taken, sizeBytes };
}

/** Rows that are there already: of a statement that writes, which must not hold the lock for a slow reader. */
export class HeldRows implements RowSource {
  readonly cols: readonly Col[];
  readonly #rows: Value[][];
  readonly #effect: StatementEffect;
  #at = 0;

  constructor(cols: readonly Col[], rows: Value[][], effect: StatementEffect) {
    this.cols = cols;
    this.#rows = rows;
    this.#effect = effect;
  }

  get done(): boolean {
    return this.#at >= this.#rows.length;
  }

  next(maxRows: number, maxBytes: number): Value[][] {
    const start = this.#at;
    let sizeBytes = 0;
    while (this.#at < this.#rows.length && this.#at - start < maxRows && sizeBytes < maxBytes) {
      sizeBytes += estimateRowBytes(this.#rows[this.#at] ?? []);
      this.#at += 1;
    }
    return this.#rows.slice(start, this.#at);
  }

  effect(): StatementEffect {
    return this.#effect;
  }

  close(): void {
    this.#at = this.#rows.length;
  }
}
