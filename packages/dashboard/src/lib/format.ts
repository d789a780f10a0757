/**
 * Numbers, sizes and times as people read them.
 *
 * @module
 */
const SIZE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** 1 kB is 1,000 bytes, as disks count. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 1 : 2;
  return `${value.toFixed(digits)} ${SIZE_UNITS[unit] ?? ''}`;
}

export function formatCount(count: number | bigint): string {
  return count.toLocaleString('en');
}

/** 12,345,678 → 12.3M */
export function formatShort(count: number): string {
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(count);
}

export function formatMs(ms: number): string {
  if (ms < 1000) {
    return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  }
  return `${(ms / 1000).toFixed(2)} s`;
}

const AGES = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

/** How long ago, roughly: "3 hours ago". */
export function formatAge(time: string | number | Date, nowMs: number): string {
  const seconds = Math.round((nowMs - new Date(time).getTime()) / 1000);
  for (const [unit, length] of AGES) {
    if (Math.abs(seconds) >= length) {
      return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-Math.trunc(seconds / length), unit);
    }
  }
  return 'just now';
}

/** Date and time in the reader's own time zone, to the second. */
export function formatTime(time: string | number | Date): string {
  const date = new Date(time);
  return `${date.toLocaleDateString('en-CA')} ${date.toLocaleTimeString('en-GB')}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
