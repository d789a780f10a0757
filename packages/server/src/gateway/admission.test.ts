import { expect, test } from 'vitest';

import { Admission } from './admission.ts';

test('one database cannot take all places, and gives its own back', () => {
  const admission = new Admission({ total: 3, perDatabase: 2 });
  expect([admission.enter('a'), admission.enter('a'), admission.enter('a')]).toEqual([true, true, false]);
  expect([admission.enter('b'), admission.enter('b')]).toEqual([true, false]);
  admission.leave('a');
  expect([admission.enter('a'), admission.enter('b')]).toEqual([true, false]);
  expect(admission.inFlight).toBe(3);
});
