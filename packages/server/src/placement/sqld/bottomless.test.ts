import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { BUCKET, FaultyStore } from '../../../../../tests/acceptance/support/object-store.ts';
import { ObjectStore } from '../../backup/object-store.ts';
import { BottomlessHistory } from './bottomless.ts';

/** Of a real server: 2026-11-28T20:50:51Z and 20:54:02Z. */
const OLD = { id: 'e4ce564a-f5ab-746e-ad2d-d485bc578d8d', second: 1_795_899_051 };
const NEW = { id: 'e4ce5648-0eae-7746-a180-b72ddf902adc', second: 1_795_899_242 };

let folder: string;
let faulty: FaultyStore;
let store: ObjectStore;
let history: BottomlessHistory;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-bottomless-'));
  faulty = await FaultyStore.start(folder);
  const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  store = new ObjectStore({ bucket: BUCKET, prefix: '', endpoint: faulty.endpoint, region: 'us-east-1', credentials });
  history = new BottomlessHistory(store, 'id');
});

afterEach(async () => {
  history.close();
  await faulty[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

async function put(generation: { readonly id: string }, ...names: string[]): Promise<void> {
  for (const name of names) {
    const body = name === '.dep' ? Buffer.from(OLD.id.replaceAll('-', ''), 'hex') : Buffer.from('x');
    await store.put(`ns-id:shop-${generation.id}/${name}`, body);
  }
}

function batch(first: number, last: number, second: number): string {
  return `${String(first).padStart(12, '0')}-${String(last).padStart(12, '0')}-${second}.zstd`;
}

test('generations are told with the second in which they began, the newest first, and no other namespace’s', async () => {
  await put(OLD, '.meta', batch(1, 3, OLD.second + 2));
  await put(NEW, 'db.zstd');
  await store.put(`ns-id:shop-2-${NEW.id}/db.zstd`, Buffer.from('x'));
  await store.put('ns-id:shop.tombstone', Buffer.from('x'));
  expect(await history.generations('shop')).toEqual([NEW, OLD]);
});

test('a restore reaches back to the oldest generation that has its beginning', async () => {
  expect(await history.earliestMs('shop')).toBeUndefined();
  await put(NEW, 'db.zstd', '.dep', '.changecounter');
  expect(await history.earliestMs('shop')).toBe((NEW.second + 1) * 1000);
  // What an expiry rule of the bucket has left of it.
  await put(OLD, '.dep', batch(5, 9, OLD.second + 30));
  expect(await history.earliestMs('shop')).toBe((NEW.second + 1) * 1000);
  await put(OLD, 'db.zstd');
  expect(await history.earliestMs('shop')).toBe((OLD.second + 1) * 1000);
});

test('a generation that began empty reaches back to its first second', async () => {
  await put(OLD, '.meta', batch(1, 3, OLD.second + 2));
  expect(await history.earliestMs('shop')).toBe((OLD.second + 1) * 1000);
});

test('batches that follow each other are all there, a missing one is noticed up to the seconds that need it', async () => {
  const { id, second } = OLD;
  await put(OLD, '.meta', batch(1, 3, second + 2), batch(4, 9, second + 5));
  expect(await history.hasAllUpTo('shop', id, second + 100)).toBe(true);
  await put(OLD, batch(11, 12, second + 20));
  expect(await history.hasAllUpTo('shop', id, second + 19)).toBe(true);
  expect(await history.hasAllUpTo('shop', id, second + 20)).toBe(false);
  await put(OLD, batch(10, 10, second + 10));
  expect(await history.hasAllUpTo('shop', id, second + 20)).toBe(true);
});

test('frames whose numbers were used twice are noticed', async () => {
  const { id, second } = OLD;
  await put(OLD, '.meta', batch(1, 3, second + 2), batch(4, 2578, second + 4));
  await put(OLD, batch(4, 4, second + 6), batch(5, 5, second + 9));
  expect(await history.hasAllUpTo('shop', id, second + 2)).toBe(true);
  expect(await history.hasAllUpTo('shop', id, second + 9)).toBe(false);
});

test('without a snapshot all of the generation before is needed', async () => {
  await put(NEW, '.dep', '.meta', batch(1, 2, NEW.second + 3));
  expect(await history.hasAllUpTo('shop', NEW.id, NEW.second + 3)).toBe(false);
  await put(OLD, 'db.zstd', '.meta', batch(4, 5, OLD.second + 9));
  expect(await history.hasAllUpTo('shop', NEW.id, NEW.second + 3)).toBe(false);
  await put(OLD, batch(1, 3, OLD.second + 8));
  expect(await history.hasAllUpTo('shop', NEW.id, NEW.second + 3)).toBe(true);
});

test('a snapshot needs nothing before it', async () => {
  await put(NEW, '.dep', 'db.zstd');
  expect(await history.hasAllUpTo('shop', NEW.id, NEW.second + 3)).toBe(true);
});

test('a store that refuses is told as such', async () => {
  faulty.fault = 'denied';
  await expect(history.generations('shop')).rejects.toThrow(/the object store that has the history cannot be read/);
});
