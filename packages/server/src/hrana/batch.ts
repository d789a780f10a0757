/**
 * Batches: steps with conditions on how earlier steps ended. Source: Hrana 3 specification, "Batches"; where it and
 * sqld disagree (`error` is also true for a skipped step) clients' own suites follow sqld.
 *
 * @module
 */
import type {
  Batch,
  BatchCond,
  BatchResult,
  CursorEntry,
  HranaError,
  StmtResult,
  Value,
} from '@skerry/hrana/shared/proto';
import { estimateRowBytes } from '@skerry/hrana/shared/size';

import type { Caller, Stream } from './stream.ts';
import { toHranaError } from './stream.ts';

/** Rows that a cursor takes from SQLite at once. */
const CURSOR_ROWS = 512;
const CURSOR_BYTES = 256 * 1024;

/**
 * Runs all steps and collects their results.
 *
 * @throws {SqlError} when a step cannot be parsed; nothing has run then
 */
export async function runBatch(stream: Stream, batch: Batch, caller: Caller): Promise<BatchResult> {
  checkSteps(stream, batch, caller);
  const stepResults: (StmtResult | null)[] = [];
  const stepErrors: (HranaError | null)[] = [];
  let leftBytes = caller.maxResponseBytes;
  for (const { condition, stmt } of batch.steps) {
    let result: StmtResult | null = null;
    let error: HranaError | null = null;
    if (holds(condition, stepResults, stream)) {
      try {
        result = await stream.execute(stmt, caller, leftBytes);
        leftBytes -= sizeOf(result.rows);
      } catch (failure) {
        error = toHranaError(failure);
      }
    }
    stepResults.push(result);
    stepErrors.push(error);
  }
  return { stepResults, stepErrors, replicationIndex: null };
}

/** The same, row by row. A step that cannot be parsed is the one entry of the whole. */
export async function* batchEntries(stream: Stream, batch: Batch, caller: Caller): AsyncGenerator<CursorEntry[]> {
  try {
    checkSteps(stream, batch, caller);
  } catch (failure) {
    yield [{ type: 'error', error: toHranaError(failure) }];
    return;
  }
  const succeeded: (object | null)[] = [];
  for (const [step, { condition, stmt }] of batch.steps.entries()) {
    succeeded[step] = null;
    if (holds(condition, succeeded, stream)) {
      try {
        yield* stepEntries(step, stream, stmt, caller);
        succeeded[step] = stmt;
      } catch (failure) {
        yield [{ type: 'step_error', step, error: toHranaError(failure) }];
      }
    }
  }
}

async function* stepEntries(
  step: number,
  stream: Stream,
  stmt: Batch['steps'][number]['stmt'],
  caller: Caller,
): AsyncGenerator<CursorEntry[]> {
  const source = await stream.query(stmt, caller);
  try {
    let entries: CursorEntry[] = [{ type: 'step_begin', step, cols: source.cols }];
    while (!source.done) {
      caller.beforeWork();
      const rows = source.next(CURSOR_ROWS, CURSOR_BYTES);
      if (stmt.wantRows) {
        for (const row of rows) {
          entries.push({ type: 'row', row });
        }
      }
      if (!source.done) {
        yield entries;
        entries = [];
      }
    }
    const { affectedRowCount, lastInsertRowid, rowsRead, rowsWritten } = source.effect();
    caller.record(stream.storedSql.text(stmt.source), rowsRead, rowsWritten);
    entries.push({ type: 'step_end', affectedRowCount, lastInsertRowid });
    yield entries;
  } finally {
    source.close();
  }
}

/** sqld refuses a batch as a whole when one of its texts is no statement, before any of it has run. */
function checkSteps(stream: Stream, { steps }: Batch, { scope }: Caller): void {
  for (const { stmt } of steps) {
    stream.connection.parses(stream.storedSql.text(stmt.source), scope);
  }
}

function holds(condition: BatchCond | null, results: readonly (object | null)[], stream: Stream): boolean {
  if (condition === null) {
    return true;
  }
  switch (condition.type) {
    case 'ok':
      return (results[condition.step] ?? null) !== null;
    case 'error':
      return (results[condition.step] ?? null) === null;
    case 'not':
      return !holds(condition.cond, results, stream);
    case 'and':
      return condition.conds.every((part) => holds(part, results, stream));
    case 'or':
      return condition.conds.some((part) => holds(part, results, stream));
    case 'is_autocommit':
      return stream.isAutocommit;
  }
}

function sizeOf(rows: readonly (readonly Value[])[]): number {
  return rows.reduce((sum, row) => sum + estimateRowBytes(row), 0);
}
