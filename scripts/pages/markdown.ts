/**
 * The little Markdown that the generated pages need.
 *
 * @module
 */

/** First lines of every generated page. */
export function heading(title: string, source: string): string {
  return `<!-- Made by "npm run generate" from ${source}. Changes belong there. -->\n\n# ${title}\n`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(escapeCell).join(' | ')} |`;
}

/** Text that may hold `<name>`, which Markdown would take for HTML. */
export function plain(text: string): string {
  return text.replaceAll('<', '&lt;');
}

export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
