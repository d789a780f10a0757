import { defineConfig } from 'vitest/config';

// One project per need: a test's suffix says what it wants from the machine (see CONTRIBUTING.md).
export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Whole servers, several processes each, share two cores: what a busy moment breaks gets one more chance.
    retry: 1,
    expect: { requireAssertions: true },
  },
});
