import { expect, test } from 'vitest';

import { BatonSigner } from '../relay/baton.ts';
import { peekHostId } from './baton-peek.ts';

const signer = new BatonSigner(Buffer.alloc(32, 7));
const baton = signer.sign({ hostId: 0xfedcba98, streamId: 5, sequence: 6 });

const json = (text: string): number | undefined => peekHostId(Buffer.from(text), '/v2/pipeline');

test.each([
  ['as JavaScript writes it', `{"baton":"${baton}","requests":[]}`],
  ['as Python writes it', `{"baton": "${baton}", "requests": []}`],
  ['over lines', `{\n  "baton" :\n    "${baton}"\n}`],
  ['after a long body', `{"requests":[{"sql":"${'x'.repeat(500_000)}"}],"baton":"${baton}"}`],
  ['with escaped slashes, as PHP writes it', `{"baton":"${baton.replaceAll('/', '\\/')}"}`],
  ['after the word as a value', `{"requests":[{"value":"baton"}],"baton":"${baton}"}`],
])('the host is found in a body %s', (_form, text) => {
  expect(json(text)).toBe(0xfedcba98);
});

test.each([
  ['without a baton', '{"requests":[]}'],
  ['with null', '{"baton":null,"requests":[]}'],
  ['with something shorter', '{"baton":"abc"}'],
  ['cut off', `{"baton":"${baton.slice(0, 20)}`],
  ['with a baton inside a string', JSON.stringify({ requests: [{ sql: `{"baton":"${baton}"}` }] })],
])('no host is found in a body %s', (_form, text) => {
  expect(json(text)).toBeUndefined();
});

test('the host is found in a Protobuf body', () => {
  const body = Buffer.concat([Buffer.from([0x0a, 64]), Buffer.from(baton), Buffer.from([0x12, 0])]);
  expect(peekHostId(body, '/v3-protobuf/pipeline')).toBe(0xfedcba98);
  expect(peekHostId(body.subarray(0, 40), '/v3-protobuf/pipeline')).toBeUndefined();
});
