/**
 * The `skerry` program. Reads the process's arguments and environment and hands them down.
 *
 * @module
 */
import process from 'node:process';

import { SKERRY } from './commands/all.ts';
import { processEnvironment } from './options/environment.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2), SKERRY, {
  environment: processEnvironment(),
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  showsProgress: process.stderr.isTTY,
  input: process.stdin,
  output: process.stdout,
});
