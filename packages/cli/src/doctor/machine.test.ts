import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { certificateOf, diskOf, portOf, storeOf } from './machine.ts';

const DAY_MS = 86_400_000;
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
let root = '';

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'skerry-doctor-'));
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

test('a free port is found free; a held one is a failure, unless the server answers', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const listen = { host: '127.0.0.1', port: (holder.address() as AddressInfo).port };
  expect(await portOf(listen, false)).toMatchObject({
    result: 'failed',
    detail: expect.stringMatching(/is held by .*; stop it, or choose another with --listen/),
  });
  expect(await portOf(listen, true)).toMatchObject({ result: 'ok' });
  holder.close();
  await once(holder, 'close');
  expect(await portOf(listen, false)).toMatchObject({ result: 'ok', detail: expect.stringContaining('is free') });
});

test('a folder that is not made yet is judged by the one above it, and nothing is left there', async () => {
  const found = await diskOf(path.join(root, 'not/made/yet'));
  expect(found.result).not.toBe('failed');
  expect(found.detail).toContain(`MB free at ${root}`);
  expect(await readdir(root)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')('a folder that takes no files is a failure', async () => {
  expect(await diskOf('/proc/skerry')).toMatchObject({
    result: 'failed',
    detail: expect.stringContaining('--data-dir'),
  });
});

test('records that are no database are a failure, and so is a PostgreSQL that is not there, without its password', async () => {
  expect(await storeOf(undefined, root)).toMatchObject({ result: 'ok' });
  await writeFile(path.join(root, 'control.db'), 'no database at all');
  expect(await storeOf(undefined, root)).toMatchObject({ result: 'failed' });
  const gone = await storeOf('postgres://user:hidden@127.0.0.1:9/db', root);
  expect(gone).toMatchObject({ result: 'failed', detail: expect.stringContaining('127.0.0.1:9') });
  expect(gone.detail).not.toContain('hidden');
});

// Skipped where there is no openssl to make a certificate with.
test.skipIf(!hasOpenssl)('a certificate is judged by its end and by the names it is for', async () => {
  const file = path.join(root, 'cert.pem');
  const names = 'subjectAltName=DNS:db.example.com,DNS:*.db.example.com';
  const made = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=skerry', '-addext', names].concat([
      '-keyout',
      path.join(root, 'key.pem'),
      '-out',
      file,
    ]),
  );
  expect(made.status).toBe(0);
  const now = Date.now();
  expect(await certificateOf(file, 'db.example.com', now)).toMatchObject({ result: 'ok' });
  expect(await certificateOf(file, 'db.example.com', now + 20 * DAY_MS)).toMatchObject({ result: 'hint' });
  expect(await certificateOf(file, 'db.example.com', now + 40 * DAY_MS)).toMatchObject({ result: 'failed' });
  expect(await certificateOf(file, 'example.org', now)).toMatchObject({
    result: 'failed',
    detail: expect.stringContaining('*.example.org'),
  });
  expect(await certificateOf(path.join(root, 'none.pem'), 'example.org', now)).toMatchObject({ result: 'failed' });
});
