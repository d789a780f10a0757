/**
 * One statement run from its first step to its last, without a turn for others between.
 *
 * @module
 */
import type { Value } from '@skerry/hrana/shared/proto';

import { tooLarge } from './connection-errors.ts';
import type { Bound } from './parameters.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Prepared } from './prepared.ts';
import { takeAll } from './row-source.ts';
import { undoable } from './savepoint.ts';
import { effectOf, sizeOf } from './statement-result.ts';
import type { Done } from './statement-result.ts';
import type { SqlStatement } from './statement.ts';
import { mayReadWhole } from './whole-read.ts';

/** A read that gives no more is done at once. */
const AT_ONCE = { maxRows: 2_000, maxBytes: 1_000_000 };

/** The statement is better run in steps. */
export function givesMany({ kind, lastRowCount }: Prepared): boolean {
  return kind === 'read' && (lastRowCount ?? 0) > AT_ONCE.maxRows;
}

export function maxBytesOf({ wantRows, maxBytes }: SqlStatement): number {
  return wantRows ? maxBytes : Infinity;
}

/** Undefined for a read that gives too many rows for this: it must be run again, in steps. */
export function runAtOnce(
  physical: PhysicalConnection,
  prepared: Prepared,
  bound: Bound,
  maxBytes: number,
): Done | undefined {
  if (prepared.kind !== 'read') {
    return runWrite(physical, prepared, bound, maxBytes);
  }
  const begunMs = performance.now();
  const taken = mayReadWhole(physical, prepared, bound)
    ? all(prepared, bound)
    : takeAll(iterate(prepared, bound), AT_ONCE);
  if (taken === undefined) {
    prepared.takeFullscanSteps();
    prepared.lastRowCount = Infinity;
    return undefined;
  }
  if (taken.sizeBytes > maxBytes) {
    throw tooLarge();
  }
  return { ...taken, effect: effectOf(prepared, physical, taken.rows.length, performance.now() - begunMs) };
}

/** Also for what is no read: BEGIN and the like. When its rows are more than `maxBytes`, it has not happened. */
export function runWrite(physical: PhysicalConnection, prepared: Prepared, bound: Bound, maxBytes: number): Done {
  const begunMs = performance.now();
  const isReturning = prepared.kind === 'write' && prepared.cols.length > 0;
  const taken =
    isReturning && maxBytes < Infinity
      ? undoable(physical, () => takeAll(iterate(prepared, bound), { maxRows: Infinity, maxBytes }))
      : all(prepared, bound);
  if (taken === undefined) {
    // What was undone is counted all the same, and not to be counted for the next statement.
    physical.takeChanges();
    throw tooLarge();
  }
  return { ...taken, effect: effectOf(prepared, physical, taken.rows.length, performance.now() - begunMs) };
}

function all({ statement }: Prepared, bound: Bound): Omit<Done, 'effect'> {
  // Types know neither that rows are arrays nor that named arguments may come first.
  const rows = statement.all(...(bound as Value[])) as unknown as Value[][];
  return { rows, sizeBytes: sizeOf(rows) };
}

export function iterate({ statement }: Prepared, bound: Bound): Iterator<Value[]> {
  return statement.iterate(...(bound as Value[])) as unknown as Iterator<Value[]>;
}
