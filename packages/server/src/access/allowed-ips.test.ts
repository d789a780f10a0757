import { expect, test } from 'vitest';

import { createAddressCheck, ruleProblem } from './allowed-ips.ts';

const addressAllowed = createAddressCheck();

test.each([
  [[], '203.0.113.9', true],
  [['203.0.113.9'], '203.0.113.9', true],
  [['203.0.113.9'], '203.0.113.10', false],
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['2001:db8::/32'], '2001:db8:1::1', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['2001:db8::/32', '192.0.2.1'], '192.0.2.1', true],
  [['10.0.0.0/8'], '', false],
])('rules %j and address %s: allowed %s', (rules, address, allowed) => {
  expect(addressAllowed(rules, address)).toBe(allowed);
});

test('a rule that cannot be read allows nobody', () => {
  expect(addressAllowed(['nonsense'], '10.0.0.1')).toBe(false);
});

test.each(['10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '0.0.0.0/0'])('%s is a rule', (rule) => {
  expect(ruleProblem(rule)).toBeUndefined();
});

test.each(['', 'localhost', '10.0.0', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', '1.2.3.4:80', '[::1]'])(
  '%j is not a rule',
  (rule) => {
    expect(ruleProblem(rule)).toContain(`"${rule}"`);
  },
);
