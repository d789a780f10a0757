/**
 * Batches: steps with conditions on how earlier steps ended. Source: Hrana 3 specification, "Batches"; where it and
 * sqld disagree (`error` is also true for a skipped step) clients' own suites follow sqld.
 *
 * @module
 */
import type { Batch, BatchCond, BatchResult, CursorEntry, HranaError, StmtResult } from '@skerry/hrana/shared/proto';

import { SqlError } from '../sql/statement.ts';
import type { Caller, Stream } from './stream.ts';
import { toHranaError } from './stream.ts';
import { Turns } from './turns.ts';

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
  const turns = new Turns();
  for (const { condition, stmt } of batch.steps) {
    await turns.offer();
    let result: StmtResult | null = null;
    let error: HranaError | null = null;
    if (holds(condition, stepResults, stream)) {
      try {
        result = stream.executeNow(stmt, caller) ?? (await stream.execute(stmt, caller));
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
        stream.failed();
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
  const turns = new Turns();
  let workedMs = 0;
  try {
    let entries: CursorEntry[] = [{ type: 'step_begin', step, cols: source.cols }];
    while (!source.done) {
      caller.beforeWork();
      const begunMs = performance.now();
      const rows = source.next(CURSOR_ROWS, CURSOR_BYTES);
      // A slow client's time is not the statement's.
      workedMs += performance.now() - begunMs;
      if (stmt.wantRows) {
        for (const row of rows) {
          entries.push({ type: 'row', row });
        }
      }
      if (!source.done) {
        if (workedMs > caller.statementMs) {
          const text = `the statement ran longer than ${caller.statementMs} ms and was ended`;
          throw new SqlError('STATEMENT_TIMEOUT', text);
        }
        yield entries;
        entries = [];
        await turns.offer();
      }
    }
    const effect = source.effect();
    const { affectedRowCount, lastInsertRowid } = effect;
    stream.ran(stream.storedSql.text(stmt.source), effect, caller);
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
