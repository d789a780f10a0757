import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { ERRORS } from '../packages/contract/src/errors/catalogue.ts';
import { GENERATED_PAGES } from '../scripts/pages/all.ts';

const root = path.resolve(import.meta.dirname, '..');

test.each(GENERATED_PAGES)('$path is what "npm run generate" would write', async (page) => {
  expect(await readFile(path.join(root, page.path), 'utf8')).toBe(page.text());
});

test('the page of errors has every code of the catalogue', () => {
  const page = GENERATED_PAGES.find((one) => one.path === 'docs/errors.md')?.text() ?? '';
  expect(Object.keys(ERRORS).filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
