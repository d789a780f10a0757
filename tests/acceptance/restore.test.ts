/**
 * A database that was deleted by mistake, as its clients see it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';

import { type Api, apiOf, httpClient, socketClient } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

let server: Skerry;
let api: Api;

beforeAll(async () => {
  server = await startSkerry();
  api = apiOf(server);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

async function post(path: string): Promise<{ status: number; body: { database: { Name: string; Hostname: string } } }> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.apiToken}` },
  });
  return { status: response.status, body: (await response.json()) as { database: { Name: string; Hostname: string } } };
}

test('open connections end when a database is deleted, and after a restore its token reads what was committed', async () => {
  const { hostname, id } = await api.databases.create('shop', { group: 'default' });
  const token = (await api.databases.createToken('shop')).jwt;
  using socket = socketClient({ hostname, token });
  await socket.execute('CREATE TABLE orders (total)');
  await socket.execute('INSERT INTO orders VALUES (42)');
  await api.databases.delete('shop');
  await expect(socket.execute('SELECT total FROM orders')).rejects.toThrow(/closed|STREAM|NAMESPACE|404|delet/i);
  using http = httpClient({ hostname, token });
  await expect(http.execute('SELECT 1')).rejects.toThrow(/NAMESPACE_NOT_FOUND/);

  const { status, body } = await post(`/v3/organizations/skerry/databases/${id}/restore`);
  expect({ status, name: body.database.Name, hostname: body.database.Hostname }).toEqual({
    status: 200,
    name: 'shop',
    hostname,
  });
  using again = httpClient({ hostname, token });
  expect((await again.execute('SELECT total FROM orders')).rows[0]?.[0]).toBe(42n);
  await again.execute('INSERT INTO orders VALUES (43)');
  expect((await again.execute('PRAGMA integrity_check')).rows[0]?.[0]).toBe('ok');
});
