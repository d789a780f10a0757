/**
 * `npm run generate`: writes the pages that follow from the code.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { GENERATED_PAGES } from './pages/all.ts';

const root = path.resolve(import.meta.dirname, '..');
for (const page of GENERATED_PAGES) {
  await writeFile(path.join(root, page.path), page.text());
  process.stdout.write(`${page.path}\n`);
}
