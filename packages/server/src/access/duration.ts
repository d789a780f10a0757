/**
 * Lifetimes of tokens as the Platform API writes them: `2w1d30m`. Units are those of Go's str2duration, which the
 * hosted service uses.
 *
 * @module
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

const NEVER = new Set(['', 'never', 'none', 'default']);

/** Longer than this no calendar reaches. */
const LIFETIME_MAX_MS = 1000 * 365 * 86_400_000;

/** Milliseconds; null for no expiry, undefined when the text is no lifetime. */
export function parseLifetime(text: string | undefined): number | null | undefined {
  if (text === undefined || NEVER.has(text)) {
    return null;
  }
  if (!/^(?:\d+(?:w|d|h|ms|m|s|us|µs|ns))+$/.test(text)) {
    return undefined;
  }
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|us|µs|ns|[wdhms])/g)) {
    totalMs += Number(count) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  }
  return totalMs > 0 && totalMs <= LIFETIME_MAX_MS ? totalMs : undefined;
}
