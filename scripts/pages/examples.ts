/**
 * The recorded examples of the Platform API, as docs/api.md shows them.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { type Example, isList, isRecord, type Json } from '../../tests/examples/example.ts';

export const EXAMPLES_FILE = path.resolve(import.meta.dirname, '../../docs/api-examples.json');

const LINE_WIDTH = 110;

export function readExamples(): Example[] {
  return JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Example[];
}

/** The request, an empty line, the answer. */
export function exampleText({ method, path: target, body, status, response }: Example): string {
  const request = [`${method} ${target}`, ...(body === undefined ? [] : [format(body)])];
  return ['```http', ...request, '', String(status), format(response), '```'].join('\n');
}

/** JSON in few lines: what fits on one stays there. */
function format(value: Json, indent = ''): string {
  const line = inline(value);
  const deeper = `${indent}  `;
  if (indent.length + line.length <= LINE_WIDTH) {
    return line;
  }
  if (isList(value)) {
    return `[\n${value.map((element) => `${deeper}${format(element, deeper)}`).join(',\n')}\n${indent}]`;
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(
      ([key, inner]) => `${deeper}${JSON.stringify(key)}: ${format(inner, deeper)}`,
    );
    return `{\n${entries.join(',\n')}\n${indent}}`;
  }
  return line;
}

function inline(value: Json): string {
  if (isList(value)) {
    return `[${value.map(inline).join(', ')}]`;
  }
  if (!isRecord(value)) {
    return JSON.stringify(value);
  }
  const entries = Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}: ${inline(inner)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
