/**
 * A server with real data in it: the atlas of characters, regions and languages, and a group with replicas.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { apiOf, ORGANIZATION, upload } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry, type StartOptions } from '../acceptance/support/skerry.ts';
import { buildAtlas } from '../data/atlas.ts';
import { ensurePageBuild } from './browser.ts';

export async function startWithPage(options: StartOptions = {}): Promise<Skerry> {
  await ensurePageBuild();
  return await startSkerry(options);
}

/** Makes a database `atlas` out of a SQLite file. */
export async function addAtlas(server: Skerry): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-atlas-'));
  const file = path.join(folder, 'atlas.db');
  try {
    buildAtlas(file);
    const api = apiOf(server);
    await api.databases.create('atlas', { group: 'default', seed: { type: 'database_upload' } as never });
    const { jwt } = await api.databases.createToken('atlas');
    const response = await upload(
      { hostname: `${new URL(server.url).host}/db/${ORGANIZATION}/atlas`, token: jwt },
      file,
    );
    if (!response.ok) {
      throw new Error(`the upload failed: ${await response.text()}`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function callApi(server: Skerry, method: string, route: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${server.url}/v1/organizations/${ORGANIZATION}${route}`, {
    method,
    headers: { authorization: `Bearer ${server.apiToken}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${method} ${route}: ${await response.text()}`);
  }
  return await response.json();
}
