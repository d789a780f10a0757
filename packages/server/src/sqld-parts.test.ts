import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { RelayTokens } from './access/relay-tokens.ts';
import { newSigningKey } from './access/signing-keys.ts';
import { gatewayKey } from './sqld-parts.ts';
import { openStore, type Store } from './store/store.ts';

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-gateway-key-'));
  store = await openStore({ dataDir: folder });
});

afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function publicHalf(name: string): Promise<string> {
  return await readFile(path.join(folder, name, 'gateway-key.pem'), 'utf8');
}

test('processes with one store come to servers with one key, whatever their data folders', async () => {
  const [first, second] = await Promise.all(
    ['a', 'b'].map(async (name) => await gatewayKey(path.join(folder, name), store)),
  );
  expect(first).toEqual(second);
  expect(await publicHalf('a')).toBe(await publicHalf('b'));
  expect(first === undefined ? '' : new RelayTokens(first).publicKeyPem).toBe(await publicHalf('a'));
});

test('the key is the same after a restart, also when the data folder is lost', async () => {
  const before = await gatewayKey(path.join(folder, 'a'), store);
  await rm(path.join(folder, 'a'), { recursive: true });
  await store.close();
  store = await openStore({ dataDir: folder });
  expect(await gatewayKey(path.join(folder, 'a'), store)).toEqual(before);
  expect(await publicHalf('a')).toContain('PUBLIC KEY');
});

test('a key that an earlier version kept in the data folder is taken over, for its servers know it', async () => {
  const former = newSigningKey();
  const file = path.join(folder, 'a', 'gateway-key.json');
  await mkdir(path.dirname(file));
  await writeFile(file, JSON.stringify(former));
  expect(await gatewayKey(path.join(folder, 'a'), store)).toEqual(former);
  expect(existsSync(file)).toBe(false);
  expect(await gatewayKey(path.join(folder, 'a'), store)).toEqual(former);
});
