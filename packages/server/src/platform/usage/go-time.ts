/**
 * Times as the API takes them: RFC 3339, with the complaints of Go's parser, which the API documents.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

/** The elements of Go's layout in their order, and what each takes. */
const LAYOUT: readonly (readonly [element: string, takes: RegExp])[] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^(?:0[1-9]|1[0-2])/],
  ['-', /^-/],
  ['02', /^(?:0[1-9]|[12]\d|3[01])/],
  ['T', /^T/],
  ['15', /^(?:[01]\d|2[0-3])/],
  [':', /^:/],
  ['04', /^[0-5]\d/],
  [':', /^:/],
  ['05', /^[0-5]\d(?:[.,]\d+)?/],
  ['Z07:00', /^(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)/],
];

const WHOLE_LAYOUT = LAYOUT.map(([element]) => element).join('');

/**
 * Unix time in milliseconds.
 *
 * @throws SkerryError time_invalid
 */
export function parseTime(parameter: 'from' | 'to' | 'seed.timestamp', text: string): number {
  let rest = text;
  for (const [element, takes] of LAYOUT) {
    const taken = takes.exec(rest)?.[0];
    if (taken === undefined) {
      throw invalid(parameter, text, `cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(element)}`);
    }
    rest = rest.slice(taken.length);
  }
  if (rest !== '') {
    throw new SkerryError('time_invalid', {
      parameter,
      problem: `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`,
    });
  }
  return Date.parse(text.replace(',', '.'));
}

function invalid(parameter: string, text: string, problem: string): SkerryError {
  return new SkerryError('time_invalid', {
    parameter,
    problem: `parsing time ${JSON.stringify(text)} as ${JSON.stringify(WHOLE_LAYOUT)}: ${problem}`,
  });
}
