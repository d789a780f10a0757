import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';

import { composePlatform } from '../testing/compose.ts';
import { Harness, OWNER } from '../testing/harness.ts';

const DATABASES = `/v1/organizations/${OWNER}/databases`;

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

test('a dump that was uploaded to another process is refused with where to go', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-dumps-'));
  onTestFinished(async () => await rm(folder, { recursive: true }));
  const { store, engine, signIn, token } = api;
  const other = composePlatform({ store, engine, folder, signIn, now: () => api.nowMs });
  const form = new FormData();
  form.append('file', new Blob(['PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;\n']), 'dump.sql');
  const headers = { authorization: `Bearer ${token}` };
  const uploaded = await other.app.request(`${DATABASES}/dumps`, { method: 'POST', headers, body: form });
  const { dump_url: url } = (await uploaded.json()) as { dump_url: string };
  const refused = await api.post(DATABASES, { name: 'dumped', group: 'default', seed: { type: 'dump', url } });
  expect(refused).toMatchObject({
    status: 400,
    body: { code: 'seed_invalid', error: expect.stringContaining('another process that shares the records') },
  });
});
