import { expect, test } from 'vitest';

import { createAddressCheck } from './address-check.ts';

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
])('rules %j and address %j: allowed %s, also when asked again', (rules, address, allowed) => {
  const check = createAddressCheck();
  expect([check(rules, address), check(rules, address)]).toEqual([allowed, allowed]);
});
