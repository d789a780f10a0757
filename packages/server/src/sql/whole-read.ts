/**
 * Reads whose rows may be taken from SQLite in one go, which takes less than half the time of taking them one by one.
 *
 * One go cannot be left in the middle, so what it may give has to be known before: the statement goes once over the rows
 * of one table, and neither they nor what it makes of them can be much. SQLite's program for the statement tells the
 * first; the table's lowest and highest rowid and the size of the file tell the second, each time anew.
 *
 * @module
 */
import type { StatementSync } from 'node:sqlite';

import type { Bound } from './parameters.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Prepared } from './prepared.ts';

/** Of fewer rows, to ask costs as much as is won. */
const WORTH_IT_ROWS = 100;
const ROWS_MAX = 2_000;
/** What the rows may take at worst, if all that the file holds were in them. */
const BYTES_MAX = 32 * 1024 * 1024;
const PAGE_BYTES = 4096;

/**
 * What such a program is made of. Not among them: functions and operators that make long values of short ones, further
 * loops, and whatever runs something else in between.
 */
const OPCODES = new Set(
  (
    'Init Noop Transaction Goto Halt OpenRead Rewind Last Next Prev Column Rowid IdxRowid DeferredSeek ResultRow ' +
    'Variable Integer Int64 Real String8 Null Affinity RealAffinity MustBeInt IsNull NotNull If IfNot ' +
    'Eq Ne Lt Le Gt Ge SeekGE SeekGT SeekLE SeekLT IdxGE IdxGT IdxLE IdxLT IfPos DecrJumpZero OffsetLimit ' +
    'SorterOpen OpenPseudo MakeRecord Sequence SorterInsert SorterSort SorterData SorterNext'
  ).split(' '),
);
const LOOPS = new Set(['Next', 'Prev']);

/** The rows of the read are known to be few and small before it runs. */
export function mayReadWhole(physical: PhysicalConnection, prepared: Prepared, bound: Bound): boolean {
  if ((prepared.lastRowCount ?? 0) < WORTH_IT_ROWS || !prepared.isReusable) {
    return false;
  }
  if (prepared.wholeRead === undefined) {
    prepared.wholeRead = WholeRead.of(physical, prepared.sql, prepared.cols.length) ?? null;
  }
  return prepared.wholeRead?.isSmall(prepared.sql, bound) === true;
}

export class WholeRead {
  readonly #physical: PhysicalConnection;
  readonly #schemaVersion: bigint;
  readonly #span: StatementSync;
  readonly #columnCount: number;
  readonly #schemaBytes: number;

  private constructor(physical: PhysicalConnection, schemaVersion: bigint, table: Table, columnCount: number) {
    const name = `main."${table.name.replaceAll('"', '""')}"`;
    this.#physical = physical;
    this.#schemaVersion = schemaVersion;
    this.#span = physical.prepareOwn(
      `SELECT (SELECT max(_rowid_) FROM ${name}) - (SELECT min(_rowid_) FROM ${name}) + 1`,
    );
    this.#columnCount = columnCount;
    this.#schemaBytes = table.sqlBytes;
  }

  /** Undefined when the statement is none of these. */
  static of(physical: PhysicalConnection, sql: string, columnCount: number): WholeRead | undefined {
    try {
      const schemaVersion = physical.schemaVersion();
      // EXPLAIN runs nothing, and so does not notice that the schema in memory is an old one.
      physical.run('SELECT 1 FROM sqlite_schema LIMIT 1');
      const table = scannedTable(physical, sql);
      return table === undefined || physical.schemaVersion() !== schemaVersion
        ? undefined
        : new WholeRead(physical, schemaVersion, table, columnCount);
    } catch {
      // A table without a rowid, for example.
      return undefined;
    }
  }

  /** False also when the schema has changed: the statement may be another one then. */
  isSmall(sql: string, bound: Bound): boolean {
    const physical = this.#physical;
    try {
      if (physical.schemaVersion() !== this.#schemaVersion) {
        return false;
      }
      const [rows] = physical.askOwn(this.#span) as [bigint | number | null];
      const rowCount = Number(rows ?? 0);
      // A value of the text or of an argument may be in each row, or one that the table has for rows without one.
      const ownBytes = this.#columnCount * (sql.length + sizeOf(bound) + this.#schemaBytes + 64);
      const fileBytes = physical.pageCount() * PAGE_BYTES * this.#columnCount;
      return rowCount <= ROWS_MAX && rowCount * ownBytes + fileBytes <= BYTES_MAX;
    } catch {
      // Whatever it is, the statement itself will meet and tell it.
      return false;
    }
  }

  close(): void {
    this.#span.close();
  }
}

interface Table {
  readonly name: string;
  /** Of its CREATE TABLE. */
  readonly sqlBytes: number;
}

/** The one table whose rows the statement goes over, each at most once. */
function scannedTable(physical: PhysicalConnection, sql: string): Table | undefined {
  const program = physical.rows(`EXPLAIN ${sql}`) as [unknown, string, bigint, bigint, bigint][];
  const count = (is: (opcode: string) => boolean): number => program.filter(([, opcode]) => is(opcode)).length;
  if (
    program.some(([, opcode]) => !OPCODES.has(opcode)) ||
    count((opcode) => LOOPS.has(opcode)) > 1 ||
    count((opcode) => opcode === 'SorterNext') > 1 ||
    count((opcode) => opcode === 'ResultRow') !== 1
  ) {
    return undefined;
  }
  const opened = program.filter(([, opcode]) => opcode === 'OpenRead');
  if (opened.some(([, , , , database]) => database !== 0n)) {
    return undefined;
  }
  const roots = opened.map(([, , , root]) => String(root)).join(',');
  // A column of that name would be asked instead of the rowid.
  const tables = physical.rows(
    `SELECT name, length(sql) FROM main.sqlite_schema AS t WHERE type = 'table'
      AND name IN (SELECT tbl_name FROM main.sqlite_schema WHERE rootpage IN (${roots}))
      AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(t.name) WHERE lower(name) = '_rowid_')`,
  ) as [string, bigint][];
  const [table] = tables;
  return table === undefined || tables.length > 1 ? undefined : { name: table[0], sqlBytes: Number(table[1]) };
}

function sizeOf(bound: Bound): number {
  let bytes = 0;
  for (const argument of bound) {
    if (typeof argument === 'string' || argument instanceof Uint8Array) {
      bytes += argument.length;
    } else if (typeof argument === 'object' && argument !== null) {
      // Arguments by name come as one object.
      bytes += sizeOf(Object.values(argument));
    } else {
      bytes += 8;
    }
  }
  return bytes;
}
