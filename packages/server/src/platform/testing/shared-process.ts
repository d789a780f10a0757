/**
 * A process of several that share a store: a whole control plane behind a port, for tests that kill it. Its databases
 * are folders that every process can reach, as every process can reach the servers of a fleet.
 *
 *     node shared-process.ts <url of the store> <folder>
 *
 * @module
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';

import { getRequestListener } from '@hono/node-server';

import { openStore } from '../../store/store.ts';
import { composePlatform } from './compose.ts';
import { FolderEngine } from './folder-engine.ts';

/** Enough for another process to come between two steps, or for a kill to. */
const STEP_MAX_MS = 8;
const TIDY_MS = 50;

const [url, folder] = process.argv.slice(2);
if (url === undefined || folder === undefined) {
  throw new Error('the url of a store and a folder are needed');
}
const store = await openStore({ dataDir: folder, url });
const engine = new FolderEngine(folder);
engine.before = async () => {
  await pause(Math.random() * STEP_MAX_MS);
};
const platform = composePlatform({
  store,
  engine,
  folder,
  signIn: { signUp: 'closed', sessionMs: 86_400_000, oidc: null },
  now: Date.now,
  tidyMs: TIDY_MS,
});
await platform.recover();
const server = createServer((request, response) => void getRequestListener(platform.app.fetch)(request, response));
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
