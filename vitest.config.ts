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
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Whole servers, several processes each, share two cores: what a busy moment breaks gets one more chance.
      retry: 1,
      expect: { requireAssertions: true },
    },
  };
}
