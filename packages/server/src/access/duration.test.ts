import { expect, test } from 'vitest';

import { parseLifetime } from './duration.ts';

test.each(['never', 'none', 'default', '', undefined])('%j never expires', (text) => {
  expect(parseLifetime(text)).toBeNull();
});

test.each([
  ['30m', 1_800_000],
  ['7d', 604_800_000],
  ['2w1d30m', 1_297_800_000],
  ['7d3h2m1s', 615_721_000],
  ['1500ms', 1500],
  ['1w2d6h3ns', 799_200_000 + 3e-6],
])('%s is %d ms', (text, lifetimeMs) => {
  expect(parseLifetime(text)).toBe(lifetimeMs);
});

test.each(['1', 'd', '1y', '-1d', '1.5h', '1d ', '1d2', '0s', '999999w', '1D'])('%j is no lifetime', (text) => {
  expect(parseLifetime(text)).toBeUndefined();
});
