/**
 * Values and names as SQL writes them, so that every SQLite reads back exactly the same.
 *
 * @module
 */
import type { Value } from '@skerry/hrana/shared/proto';

/** SQLite's parser ends at NUL; the `sqlite3` program drops CR before LF when it reads a file. */
const UNWRITABLE = /[\0\r]/;

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteText(text: string): string {
  if (UNWRITABLE.test(text)) {
    return `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`;
  }
  return `'${text.replaceAll("'", "''")}'`;
}

export function literal(value: Value): string {
  if (value === null) {
    return 'NULL';
  }
  if (typeof value === 'string') {
    return quoteText(value);
  }
  if (typeof value === 'number') {
    return realLiteral(value);
  }
  return typeof value === 'bigint' ? String(value) : blobLiteral(value);
}

function blobLiteral(bytes: Uint8Array): string {
  return `x'${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}'`;
}

/**
 * The shortest digits that mean this number. SQLite reads them exactly since it rounds correctly (3.47); older ones miss
 * the last digit of a few numbers below 1e-290, however they are written.
 *
 * Always with a point or an exponent: SQLite tells REAL from INTEGER by them. It never holds NaN.
 */
function realLiteral(value: number): string {
  if (!Number.isFinite(value)) {
    return value > 0 ? '9.0e+999' : '-9.0e+999';
  }
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
