/**
 * The key that signs the tokens with which the gateway comes to sqld servers. It is one of the records, so that all
 * processes which share them are let in by the same servers; its public half lies in the data folder, in the two forms
 * that sqld reads.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { newSigningKey, pemOf, publicKeyOf, type StoredKey } from './signing-keys.ts';

/**
 * @param folder of the public half: `gateway-key.pem` for a file and `gateway-key.pub` for a variable of sqld
 * @param settle offers a key to the records, and answers the one that they hold from then on
 */
export async function relayKey(folder: string, settle: (key: StoredKey) => Promise<StoredKey>): Promise<StoredKey> {
  // Where earlier versions kept it. Servers may know its public half already.
  const formerFile = path.join(folder, 'gateway-key.json');
  const former = await readFile(formerFile, 'utf8').catch(() => undefined);
  const key = await settle(former === undefined ? newKey() : (JSON.parse(former) as StoredKey));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await keepFile(path.join(folder, 'gateway-key.pem'), pemOf(publicKeyOf(key)));
  await keepFile(path.join(folder, 'gateway-key.pub'), key.publicKey);
  await rm(formerFile, { force: true });
  return key;
}

function newKey(): StoredKey {
  const key = newSigningKey();
  // A stable name, so that a log line of either side can be matched to the key.
  return { ...key, id: createHash('sha256').update(key.publicKey).digest('hex').slice(0, 16) };
}

/** Written only where it differs: a server may be reading it. */
async function keepFile(file: string, content: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === content) {
    return;
  }
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
