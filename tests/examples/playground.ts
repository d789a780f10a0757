/**
 * A server on which every example can be played: with a backup, an outside issuer's keys, and open sign-up.
 *
 * @module
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { FaultyStore } from '../acceptance/support/object-store.ts';
import { startSkerry } from '../acceptance/support/skerry.ts';
import type { Example } from './example.ts';
import { runStory } from './run.ts';

export async function playStory(): Promise<Example[]> {
  const root = await mkdtemp(path.join(tmpdir(), 'skerry-examples-'));
  const issuer = createServer((_, response) => response.end('{"keys":[]}')).listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const { port } = issuer.address() as AddressInfo;
  try {
    await using store = await FaultyStore.start(path.join(root, 'store'));
    await using server = await startSkerry({
      args: ['--sign-up', 'open', ...store.args('examples')],
      environment: store.environment,
    });
    return await runStory(server, { jwksUrl: `http://127.0.0.1:${port}/jwks.json` });
  } finally {
    issuer.close();
    await rm(root, { recursive: true, force: true });
  }
}
