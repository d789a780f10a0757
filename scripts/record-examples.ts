/**
 * `npm run examples`: plays the examples of the Platform API against a real server and records its answers.
 *
 * @module
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { playStory } from '../tests/examples/playground.ts';
import { EXAMPLES_FILE } from './pages/examples.ts';

const examples = await playStory();
await writeFile(EXAMPLES_FILE, `${JSON.stringify(examples, undefined, 2)}\n`);
process.stdout.write(`${examples.length} examples in ${path.basename(EXAMPLES_FILE)}\n`);
