/**
 * From a statement that has run, or runs step by step, to its result.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';

import type { Col, Value } from '@skerry/hrana/shared/proto';
import { estimateRowBytes } from '@skerry/hrana/shared/size';

import { tooLarge } from './connection-errors.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Prepared } from './prepared.ts';
import type { SteppedSource } from './row-source.ts';
import { SqlError } from './statement.ts';
import type { ExecutedStatement, Scope, SqlStatement, StatementEffect } from './statement.ts';

export const NO_EFFECT: StatementEffect = {
  affectedRowCount: 0,
  lastInsertRowid: null,
  rowsRead: 0,
  rowsWritten: 0,
  queryDurationMs: 0,
};

/** Of the statement that has just run on the connection to its end. */
export function effectOf(
  prepared: Prepared,
  physical: PhysicalConnection,
  rowCount: number,
  queryDurationMs: number,
): StatementEffect {
  prepared.lastRowCount = rowCount;
  // Steps of a full scan, or what an index found: see docs/sql.md, "How rows are counted".
  const rowsRead = Math.max(prepared.takeFullscanSteps(), prepared.kind === 'read' ? rowCount : 0);
  if (prepared.kind !== 'write') {
    return { ...NO_EFFECT, rowsRead, queryDurationMs };
  }
  const { changes, allChanges, lastInsertRowid } = physical.takeChanges();
  return {
    affectedRowCount: prepared.changesRows ? changes : 0,
    lastInsertRowid: prepared.insertsRows ? lastInsertRowid : null,
    rowsRead,
    rowsWritten: allChanges,
    queryDurationMs,
  };
}

/** Rows of a statement that has run to its end. */
export interface Done {
  readonly rows: Value[][];
  /** As `estimateRowBytes` counts. */
  readonly sizeBytes: number;
  readonly effect: StatementEffect;
}

export const NOTHING_DONE: Done = { rows: [], sizeBytes: 0, effect: NO_EFFECT };

export function toResult(
  cols: readonly Col[],
  { rows, sizeBytes, effect }: Done,
  wantRows: boolean,
  begunMs: number,
): ExecutedStatement {
  return {
    cols,
    rows: wantRows ? rows : [],
    sizeBytes: wantRows ? sizeBytes : 0,
    affectedRowCount: effect.affectedRowCount,
    lastInsertRowid: effect.lastInsertRowid,
    rowsRead: effect.rowsRead,
    rowsWritten: effect.rowsWritten,
    replicationIndex: null,
    queryDurationMs: performance.now() - begunMs,
  };
}

export function sizeOf(rows: readonly Value[][]): number {
  return rows.reduce((sum, row) => sum + estimateRowBytes(row), 0);
}

/**
 * All rows of a source, with turns for others between.
 *
 * @throws {SqlError} RESPONSE_TOO_LARGE, STATEMENT_TIMEOUT
 */
export async function collectRows(
  source: SteppedSource,
  stmt: SqlStatement,
  scope: Scope,
  begunMs: number,
  statementMs: number,
): Promise<Done> {
  const rows: Value[][] = [];
  while (!source.done) {
    for (const row of source.next(Infinity, Infinity)) {
      if (stmt.wantRows) {
        rows.push(row);
      }
    }
    if (stmt.wantRows && source.sizeBytes > stmt.maxBytes) {
      source.close();
      throw tooLarge();
    }
    if (!source.done) {
      if (performance.now() - begunMs > statementMs) {
        source.close();
        throw new SqlError('STATEMENT_TIMEOUT', `the statement ran longer than ${statementMs} ms and was ended`);
      }
      await turn();
      scope.blocks?.(false);
    }
  }
  return { rows, sizeBytes: source.sizeBytes, effect: source.effect() };
}
