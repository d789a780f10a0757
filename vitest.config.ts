import process from 'node:process';

import { defineConfig } from 'vitest/config';

// The control plane's tests run a second time on PostgreSQL, where there is a server to use.
const POSTGRES_URL = process.env['TEST_POSTGRES_URL'];

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
      env: { TEST_STORE: store },
      // A guard against waiting for ever, far from what a busy machine needs: whole servers share its cores.
      testTimeout: 180_000,
      hookTimeout: 180_000,
      expect: { requireAssertions: true },
    },
  };
}
