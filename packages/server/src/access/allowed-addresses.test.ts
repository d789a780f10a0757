import { expect, test } from 'vitest';

import { compileAddressRules, isAddressRule } from './allowed-addresses.ts';

test.each(['10.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', '2001:db8::/32', '::/0'])('%s is a rule', (rule) => {
  expect(isAddressRule(rule)).toBe(true);
});

test.each([
  '',
  'localhost',
  '10.0.0',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10.0.0.0/-1',
  ' 10.0.0.1',
])('%j is no rule', (rule) => {
  expect(isAddressRule(rule)).toBe(false);
});

test.each([
  [[], '203.0.113.9', true],
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['192.0.2.7'], '192.0.2.7', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['2001:db8::/32'], '2001:db8:1::5', true],
  [['2001:db8::/32'], '2001:db9::5', false],
  [['10.0.0.0/8', '::1'], '::1', true],
  [['0.0.0.0/0'], '::1', false],
  [['10.0.0.0/8'], 'unknown', false],
])('rules %j let %s in: %s', (rules, address, allowed) => {
  expect(compileAddressRules(rules)(address)).toBe(allowed);
});
