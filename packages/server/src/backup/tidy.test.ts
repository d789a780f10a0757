/**
 * What the backup deletes and merges, on a store that speaks S3.
 */
import { readdirSync, utimesSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { BUCKET, FaultyStore } from '../../../../tests/acceptance/support/object-store.ts';
import { readCatalogue } from './catalogue.ts';
import { CONTROL, controlKey, controlTime, imageFolder, IMAGES, packKey } from './keys.ts';
import { LocalState } from './local-state.ts';
import { ObjectStore } from './object-store.ts';
import { decodePack, encodePack, type PackPiece } from './pack.ts';
import { mergePacks, removeObsolete } from './tidy.ts';

const DAY_MS = 86_400_000;
const RETENTION_MS = 30 * DAY_MS;
const NOW_MS = Date.now();
const ID = 'log';

let folder = '';
let faulty: FaultyStore;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-tidy-'));
  faulty = await FaultyStore.start(path.join(folder, 'store'));
  Object.assign(process.env, faulty.environment);
});

afterAll(async () => {
  await faulty[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function storeAt(prefix: string): ObjectStore {
  return new ObjectStore({ bucket: BUCKET, prefix, endpoint: faulty.endpoint, region: 'us-east-1' });
}

function piece(databaseId: string, firstFrame: number, lastFrame: number, sizeBytes = 10): PackPiece {
  return { databaseId, logId: ID, firstFrame, lastFrame, bytes: Buffer.alloc(sizeBytes, lastFrame) };
}

/** The store's clock: when objects were stored. */
function storedBefore(prefix: string, key: string, ageMs: number): void {
  const at = new Date(NOW_MS - ageMs);
  const inStore = path.join(folder, 'store', BUCKET);
  for (const file of readdirSync(inStore, { recursive: true, encoding: 'utf8' })) {
    if (file.startsWith(path.join(prefix, key))) {
      utimesSync(path.join(inStore, file), at, at);
    }
  }
}

async function putImage(
  store: ObjectStore,
  prefix: string,
  databaseId: string,
  number: number,
  frame: number,
  days: number,
) {
  const at = imageFolder({ databaseId, number, logId: ID, frame });
  await store.put(`${at}000000000000001.seg`, Buffer.from('pages'));
  await store.put(`${at}image.json`, Buffer.from('{}'));
  storedBefore(prefix, at, days * DAY_MS);
}

async function putPack(store: ObjectStore, prefix: string, number: number, days: number, pieces: readonly PackPiece[]) {
  await store.put(packKey(number, number), encodePack(pieces));
  storedBefore(prefix, packKey(number, number), days * DAY_MS);
}

async function imagesIn(store: ObjectStore): Promise<string[]> {
  return (await store.list(IMAGES))
    .filter(({ key }) => key.endsWith('.json'))
    .map(({ key }) => key.split('/').slice(1, 3).join(' '));
}

/** Number of the first upload → what its pack has. */
async function packsIn(store: ObjectStore): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { key, first, last } of (await readCatalogue(store)).packs) {
    const pieces = decodePack((await store.get(key)) ?? Buffer.alloc(0));
    found[first === last ? `${first}` : `${first}-${last}`] = pieces.map(
      ({ databaseId, firstFrame, lastFrame }) => `${databaseId} ${firstFrame}-${lastFrame}`,
    );
  }
  return found;
}

test('retention deletes what no restore within it begins with or goes through, and nothing else', async () => {
  const prefix = 'retention';
  const store = storeAt(prefix);
  // `busy` has had three images, `rare` one, which everything since is needed with.
  await putImage(store, prefix, 'busy', 1, 10, 40);
  await putImage(store, prefix, 'rare', 2, 100, 40);
  await putPack(store, prefix, 3, 39, [piece('busy', 11, 12)]);
  await putPack(store, prefix, 4, 38, [piece('busy', 13, 14, 5_000), piece('rare', 101, 101)]);
  await putImage(store, prefix, 'busy', 5, 14, 35);
  await putPack(store, prefix, 6, 33, [piece('busy', 15, 16)]);
  await putImage(store, prefix, 'busy', 7, 16, 5);
  await putPack(store, prefix, 8, 3, [piece('busy', 17, 18)]);
  // Deleted with its last commit within the retention: it can still be restored as of before.
  await putImage(store, prefix, 'deleted', 9, 1, 45);
  await putPack(store, prefix, 10, 44, [piece('deleted', 2, 2)]);
  // An upload that never ended, and one that still runs.
  await store.put(
    `${imageFolder({ databaseId: 'busy', number: 11, logId: ID, frame: 1 })}000000000000001.seg`,
    Buffer.from('x'),
  );
  await store.put(
    `${imageFolder({ databaseId: 'new', number: 12, logId: ID, frame: 1 })}000000000000001.seg`,
    Buffer.from('x'),
  );
  storedBefore(prefix, IMAGES + 'busy/000000000000011', 31 * DAY_MS);
  storedBefore(prefix, IMAGES + 'new', 31 * DAY_MS);

  const state = new LocalState(path.join(folder, prefix));
  const parts = {
    store,
    state,
    options: { retentionMs: RETENTION_MS },
    gateway: { exists: (databaseId: string) => databaseId !== 'deleted' },
    isUploading: (databaseId: string) => databaseId === 'new',
  };
  await removeObsolete(parts, NOW_MS);
  expect(await imagesIn(store)).toEqual([
    'busy 000000000000005-log-000000000000014',
    'busy 000000000000007-log-000000000000016',
    'deleted 000000000000009-log-000000000000001',
    'rare 000000000000002-log-000000000000100',
  ]);
  expect(await packsIn(store)).toEqual({
    '4': ['rare 101-101'],
    '6': ['busy 15-16'],
    '8': ['busy 17-18'],
    '10': ['deleted 2-2'],
  });
  const parts11 = (await store.list(IMAGES)).filter(({ key }) => /0000(11|12)-/.test(key));
  expect(parts11.map(({ key }) => key.split('/')[1])).toEqual(['new']);

  // A month later no restore reaches back to before the deletion.
  await removeObsolete(parts, NOW_MS + 31 * DAY_MS);
  expect((await imagesIn(store)).filter((image) => image.startsWith('deleted'))).toEqual([]);
  expect(Object.keys(await packsIn(store))).not.toContain('10');
  state.close();
});

test('of the records every moment of a day stays, then one of each hour, and what there was when the retention begins', async () => {
  const store = storeAt('records');
  const hour = 3_600_000;
  const begin = Math.floor(NOW_MS / hour) * hour;
  const at = (hoursAgo: number, minute: number): number => begin - hoursAgo * hour + minute * 60_000;
  const kept = [at(31 * 24, 50), at(29 * 24, 40), at(40, 50), at(2, 1), at(2, 2)];
  const gone = [at(50 * 24, 0), at(31 * 24, 10), at(29 * 24, 20), at(40, 10)];
  for (const ms of [...kept, ...gone]) {
    await store.put(controlKey(ms), Buffer.from('x'));
  }
  const state = new LocalState(path.join(folder, 'records'));
  const options = { retentionMs: RETENTION_MS };
  await removeObsolete({ store, state, options, gateway: { exists: () => true }, isUploading: () => false }, NOW_MS);
  state.close();
  expect((await store.list(CONTROL)).map(({ key }) => controlTime(key))).toEqual(kept.sort((a, b) => a - b));
});

test('merged packs have everything in its order, a large one is not written again, and what a crash left twice goes', async () => {
  const store = storeAt('merge');
  await store.put(packKey(1, 8), encodePack([piece('a', 1, 8, 4_000)]));
  for (let number = 9; number <= 12; number += 1) {
    await store.put(packKey(number, number), encodePack([piece('a', number, number), piece('b', number, number)]));
  }
  // Merged before, and not deleted then.
  await store.put(packKey(5, 5), encodePack([piece('a', 5, 5)]));
  await mergePacks(store, 1_000_000);
  expect(await packsIn(store)).toEqual({
    '1-8': ['a 1-8'],
    '9-12': [9, 10, 11, 12].flatMap((n) => [`a ${n}-${n}`, `b ${n}-${n}`]),
  });
  expect((await readCatalogue(store)).repeated).toEqual([]);

  await store.put(packKey(13, 13), encodePack([piece('a', 13, 13), piece('b', 13, 13)]));
  await mergePacks(store, 100);
  expect(new Set(Object.keys(await packsIn(store)))).toEqual(new Set(['1-8', '9-12', '13']));
});
