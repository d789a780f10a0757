/**
 * Makes an answer fit for a page: what differs from run to run becomes a constant of the same type, and of a list's
 * elements with the same keys and types only the first is kept.
 *
 * @module
 */
import { differences, isList, isRecord, type Json } from './example.ts';

const MASKS: readonly (readonly [pattern: RegExp, mask: string])[] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?:Z|[+-]\d\d:\d\d)/g, '2026-01-31T12:00:00Z'],
  [/\b20\d\d-(?!01-31T)\d\d-\d\d\b/g, '2026-01-31'],
  [/\b(localhost|127\.0\.0\.1):\d+/g, '$1:8080'],
];
/** Long, without spaces, with a digit and a capital: no word, and no UUID. */
const SECRET = /^(?=.*\d)(?=.*[A-Z])[\w-]{20,}$/;

const UNIX_SECONDS = 1_769_860_800;
const EARLIEST_UNIX_SECONDS = 1_000_000_000;
/** Figures that depend on the machine's pace. */
const VOLATILE = new Set(['stored_bytes', 'stored_objects', 'pending_databases', 'lag_frames', 'lag_ms']);

export function mask(value: Json): Json {
  if (typeof value === 'string') {
    return SECRET.test(value)
      ? '<secret>'
      : MASKS.reduce((text, [pattern, replacement]) => text.replaceAll(pattern, replacement), value);
  }
  if (typeof value === 'number') {
    return value > EARLIEST_UNIX_SECONDS ? UNIX_SECONDS : value;
  }
  if (isList(value)) {
    return condense(value.map(mask));
  }
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        VOLATILE.has(key) && typeof inner === 'number' ? 0 : mask(inner),
      ]),
    );
  }
  return value;
}

function condense(elements: readonly Json[]): Json[] {
  const kept: Json[] = [];
  for (const element of elements) {
    if (!isRecord(element) || kept.every((other) => differences(element, other).length > 0)) {
      kept.push(element);
    }
  }
  return kept;
}
