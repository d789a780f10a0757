import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { locationsOfFleets, readFleetsFile } from './fleets-file.ts';

const PRIMARY = { location: 'fra', url: 'http://10.0.0.1:8080', adminUrl: 'http://10.0.0.1:9090' };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-fleets-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function read(content: unknown) {
  const file = path.join(folder, 'fleets.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return await readFleetsFile(file);
}

test('a fleet has a primary, replicas, and a key that a file may hold', async () => {
  await writeFile(path.join(folder, 'key'), 'secret\n');
  const replica = { location: 'ams', description: 'Amsterdam', url: 'http://10.0.0.2:8080' };
  const fleets = await read({
    fleets: [{ name: 'eu', adminKeyFile: path.join(folder, 'key'), primary: PRIMARY, replicas: [replica] }],
  });
  expect(fleets).toEqual([
    {
      name: 'eu',
      isDirect: false,
      adminKey: 'secret',
      bottomless: undefined,
      primary: { ...PRIMARY, description: 'fra' },
      replicas: [{ ...replica, adminUrl: undefined }],
    },
  ]);
  expect([...locationsOfFleets(fleets, new Map([['local', 'here']]))]).toEqual([
    ['local', 'here'],
    ['fra', 'fra'],
    ['ams', 'Amsterdam'],
  ]);
});

test('a fleet’s history is where its servers’ variables say, read with a key that a file may hold', async () => {
  await writeFile(path.join(folder, 'secret'), 'hidden\n');
  const bottomless = { databaseId: 'eu', accessKeyId: 'reader', secretAccessKeyFile: path.join(folder, 'secret') };
  const [fleet] = await read({ fleets: [{ name: 'eu', primary: PRIMARY, bottomless }] });
  expect(fleet?.bottomless).toEqual({
    databaseId: 'eu',
    bucket: 'bottomless',
    endpoint: undefined,
    region: 'us-east-1',
    credentials: { accessKeyId: 'reader', secretAccessKey: 'hidden' },
  });
});

test.each([
  [
    'a history whose key has no secret',
    { fleets: [{ name: 'eu', primary: PRIMARY, bottomless: { databaseId: 'eu', accessKeyId: 'reader' } }] },
    /accessKeyId and its secret are needed together/,
  ],
  ['no JSON', '{', /cannot be used/],
  ['no fleets', {}, /fleets/],
  [
    'a primary without an admin address',
    { fleets: [{ name: 'eu', primary: { ...PRIMARY, adminUrl: undefined } }] },
    /primary\.adminUrl/,
  ],
  [
    'a location that no address can have',
    { fleets: [{ name: 'eu', primary: { ...PRIMARY, location: 'a--b' } }] },
    /primary\.location/,
  ],
  [
    'an address that is no URL',
    { fleets: [{ name: 'eu', primary: { ...PRIMARY, url: '10.0.0.1:8080' } }] },
    /primary\.url/,
  ],
  ['a field that does not exist', { fleets: [{ name: 'eu', primary: PRIMARY, replica: [] }] }, /replica/],
])('a file with %s is refused by naming the place', async (_title, content, message) => {
  await expect(read(content)).rejects.toThrow(message);
});

test('a location cannot be named twice', async () => {
  const fleets = await read({ fleets: [{ name: 'eu', primary: PRIMARY, replicas: [PRIMARY] }] });
  expect(() => locationsOfFleets(fleets, new Map())).toThrow(/fra is named twice/);
});

test('the file that is deployed with Docker Compose can be read, but for its secret', async () => {
  const deployed = path.resolve(import.meta.dirname, '../../../../../deploy/compose/fleets.json');
  await expect(readFleetsFile(deployed)).rejects.toThrow(/sqld-admin-key/);
});
