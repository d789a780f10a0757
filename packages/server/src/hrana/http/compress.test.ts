import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { CLOSE, sql, TestHost } from '../../host/testing/test-host.ts';
import type { TestAnswer } from '../../host/testing/test-host.ts';
import { acceptsGzip } from './compress.ts';

let host: TestHost;

beforeAll(() => {
  host = new TestHost();
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

async function answerTo(text: string, acceptEncoding?: string): Promise<TestAnswer> {
  return await host.request(
    '/v2/pipeline',
    { requests: [sql(text), CLOSE] },
    {
      instance: await host.newDatabase(),
      headers: acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding },
    },
  );
}

const LARGE = "SELECT printf('%.*c', 200000, 'x')";

test('a large answer is compressed for who reads gzip, and says so', async () => {
  const plain = await answerTo(LARGE);
  const small = await answerTo(LARGE, 'br, gzip;q=0.5');
  expect(small.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' });
  expect(small.body.length).toBeLessThan(plain.body.length / 10);
  expect(gunzipSync(small.body).toString()).toContain('x'.repeat(200_000));
});

test('an answer is as it is for who does not read gzip, and when it is small', async () => {
  expect((await answerTo(LARGE)).headers).not.toHaveProperty('content-encoding');
  expect((await answerTo(LARGE, 'br, gzip;q=0')).headers).not.toHaveProperty('content-encoding');
  expect((await answerTo('SELECT 1', 'gzip')).headers).not.toHaveProperty('content-encoding');
});

test.each([
  ['gzip', true],
  ['deflate, GZIP', true],
  ['gzip;q=0.1', true],
  ['gzip; q=0', false],
  ['gzip;q=0.000', false],
  ['x-gzip2', false],
  ['', false],
])('"%s" means %s', (header, accepts) => {
  expect(acceptsGzip(header)).toBe(accepts);
});
