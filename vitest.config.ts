import process from 'node:process';

import { defineConfig } from 'vitest/config';

// The control plane's tests run a second time on PostgreSQL, where there is a server to use.
const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];

// The same for each run, so that a red run tells of the change and not of chance; `random` searches for new faults, and a
// number repeats what was found.
const FUZZ_SEED = fuzzSeed(process.env['SKERRY_FUZZ_SEED'] ?? '1');

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      project('all', ['packages/**/*.test.ts', 'tests/**/*.test.ts'], 'file'),
      ...(POSTGRES_URL === undefined
        ? []
        : [project('postgres', ['packages/server/src/platform/**/*.test.ts'], 'postgres')]),
    ],
  },
});

function project(name: string, include: string[], store: 'file' | 'postgres') {
  return {
    test: {
      name,
      include,
      exclude: ['**/node_modules/**'],
      env: { TEST_STORE: store, SKERRY_FUZZ_SEED: FUZZ_SEED },
      setupFiles: ['tests/fuzz-seed.ts'],
      // A guard against waiting for ever, far from what a busy machine needs: whole servers share its cores.
      testTimeout: 180_000,
      hookTimeout: 180_000,
      expect: { requireAssertions: true },
    },
  };
}

function fuzzSeed(given: string): string {
  const seed = given === 'random' ? String(Math.floor(Math.random() * 2 ** 31)) : given;
  if (!/^\d{1,10}$/u.test(seed)) {
    throw new Error(`SKERRY_FUZZ_SEED must be a number or "random", not "${given}".`);
  }
  return seed;
}
