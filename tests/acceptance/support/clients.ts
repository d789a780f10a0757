/**
 * The official clients, pointed at a running Skerry in the ways its documentation gives.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';

import { type Client, createClient as createLibsqlClient } from '@libsql/client';
import { createClient as createWebSocketClient } from '@libsql/client/ws';
import { createClient as createApiClient } from '@tursodatabase/api';

import type { Skerry } from './skerry.ts';

export const ORGANIZATION = 'skerry';

export type Api = ReturnType<typeof createApiClient>;

export function apiOf(server: Skerry, token = server.apiToken): Api {
  return createApiClient({ org: ORGANIZATION, token, baseUrl: `${server.url}/v1/` });
}

export interface TestDatabase {
  readonly name: string;
  /** Host and port, as the API tells it. */
  readonly hostname: string;
  readonly token: string;
}

/** Creates a database in a group and a token for it. */
export async function createDatabase(api: Api, name: string, group = 'default'): Promise<TestDatabase> {
  const { hostname } = await api.databases.create(name, { group });
  const { jwt } = await api.databases.createToken(name);
  return { name, hostname, token: jwt };
}

export function httpClient({ hostname, token }: Omit<TestDatabase, 'name'>): Client & Disposable {
  return disposable(createLibsqlClient({ url: `http://${hostname}`, authToken: token, intMode: 'bigint' }));
}

export function socketClient({ hostname, token }: Omit<TestDatabase, 'name'>): Client & Disposable {
  return disposable(createWebSocketClient({ url: `ws://${hostname}`, authToken: token, intMode: 'bigint' }));
}

export function disposable<C extends { close(): void }>(client: C): C & Disposable {
  return Object.assign(client, {
    [Symbol.dispose]() {
      client.close();
    },
  });
}

/** Uploads a database file in one request, as the documentation of Turso's upload describes. */
export async function upload({ hostname, token }: Omit<TestDatabase, 'name'>, file: string): Promise<Response> {
  return await fetch(`http://${hostname}/v1/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: await readFile(file),
  });
}
