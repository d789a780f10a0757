/**
 * Vectors as text: `[1, 2.5, -3e2]`.
 *
 * @module
 */
import { vectorError } from './vector-error.ts';

/** libSQL's own limit. */
export const VECTOR_DIMENSIONS_MAX = 65_536;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** @throws {SqlError} with libSQL's text */
export function parseVectorText(text: string): number[] {
  const numbers = parseQuickly(text) ?? parseLeniently(text);
  if (numbers.length > VECTOR_DIMENSIONS_MAX) {
    throw vectorError(`vector: max size exceeded ${VECTOR_DIMENSIONS_MAX}`);
  }
  return numbers;
}

/** As JSON, which is what nearly all vectors are. */
function parseQuickly(text: string): number[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'number') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** As libSQL reads them: without a digit before or after the point, with a plus, with space anywhere. */
function parseLeniently(text: string): number[] {
  const trimmed = text.trim();
  if (!trimmed.startsWith('[')) {
    throw vectorError("vector: must start with '['");
  }
  const end = trimmed.indexOf(']');
  if (end === -1) {
    throw vectorError("vector: must end with ']'");
  }
  if (end < trimmed.length - 1) {
    throw vectorError("vector: non-space symbols after closing ']' are forbidden");
  }
  const items = trimmed.slice(1, -1).replaceAll(/\s+/g, '');
  if (items === '') {
    return [];
  }
  return items.split(',').map((item, position) => {
    if (!NUMBER.test(item)) {
      throw vectorError(`vector: invalid float at position ${position}: '${item}'`);
    }
    return Number(item);
  });
}

/** Six digits each, as C's `%g` writes them. */
export function formatVectorText(elements: Iterable<number>): string {
  return `[${Array.from(elements, formatElement).join(',')}]`;
}

function formatElement(value: number): string {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Inf' : '-Inf';
  }
  if (value === 0) {
    return '0';
  }
  const [mantissa = '', exponent = '0'] = value.toExponential(5).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) {
    return withoutZeros(value.toFixed(5 - power));
  }
  const digits = String(Math.abs(power)).padStart(2, '0');
  return `${withoutZeros(mantissa)}e${power < 0 ? '-' : '+'}${digits}`;
}

function withoutZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
