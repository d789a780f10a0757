import { randomBytes } from 'node:crypto';

import { expect, test } from 'vitest';

import { BatonSigner, readHostId } from './baton.ts';

const baton = { hostId: 4_000_000_001, streamId: 2 ** 40 + 3, sequence: 7 };

test('a baton is 64 characters of unpadded base64 and gives back what was signed', () => {
  const signer = new BatonSigner(randomBytes(32));
  const text = signer.sign(baton);
  expect(text).toMatch(/^[A-Za-z0-9+/]{64}$/);
  expect(signer.verify(text)).toEqual(baton);
  expect(readHostId(text)).toBe(baton.hostId);
});

test('a baton with any bit changed is refused', () => {
  const signer = new BatonSigner(randomBytes(32));
  const bytes = Buffer.from(signer.sign(baton), 'base64');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const forged = Buffer.from(bytes);
    forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(signer.verify(forged.toString('base64'))).toBeUndefined();
  }
});

test('a baton of another key, of another length or of other characters is refused', () => {
  const signer = new BatonSigner(randomBytes(32));
  const text = signer.sign(baton);
  const others = [
    new BatonSigner(randomBytes(32)).sign(baton),
    '',
    'x',
    text.slice(0, 60),
    `${text}AAAA`,
    '*'.repeat(64),
  ];
  for (const other of others) {
    expect(signer.verify(other)).toBeUndefined();
  }
  expect(readHostId('')).toBeUndefined();
  expect(readHostId('*'.repeat(64))).toBeUndefined();
});
