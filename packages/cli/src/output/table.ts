/**
 * Tables for people at a terminal.
 *
 * @module
 */

/** @param header upper-case names by custom; with no rows, `empty` stands instead of the table */
export function table(header: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) {
    return `${empty}\n`;
  }
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
  return lines
    .map((line) =>
      line
        .map((cell, column) => pad(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
}

/** Names and values, one a line. */
export function facts(entries: readonly (readonly [name: string, value: string])[]): string {
  const longest = Math.max(...entries.map(([name]) => name.length)) + 1;
  return entries.map(([name, value]) => `${`${name}:`.padEnd(longest)}  ${value}\n`).join('');
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  return `${power === 0 ? count : (count / 1000 ** power).toFixed(1)} ${UNITS[power]}`;
}

export function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function pad(cell: string, target: number): string {
  return cell + ' '.repeat(Math.max(0, target - width(cell)));
}

/** Columns that a terminal gives the text: ideographs and emoji take two. */
function width(text: string): number {
  let columns = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    columns +=
      /^[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return columns;
}
