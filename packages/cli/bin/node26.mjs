#!/usr/bin/env node
// node26 SCRIPT [ARGS]: runs a script of this repository on the Node that Skerry needs.
import path from 'node:path';
import process from 'node:process';

import { launch } from './launch.mjs';

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  process.stderr.write('usage: node26 SCRIPT [ARGS]\n');
  process.exitCode = 2;
} else {
  await launch(path.resolve(script), args);
}
