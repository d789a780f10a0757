/**
 * The one place that reads the process's environment; everything else is handed what it needs.
 *
 * @module
 */
import process from 'node:process';

import type { Environment } from './resolve.ts';

export function processEnvironment(): Environment {
  return process.env;
}
