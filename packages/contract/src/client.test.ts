import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { ApiClient, ApiError, UnexpectedAnswerError } from './client.ts';
import { createDatabaseToken } from './operations/database-tokens.ts';
import { listGroups } from './operations/groups.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

/** A server that answers everything alike, and what it was asked. */
async function against<T>(status: number, answer: string, work: (client: ApiClient) => Promise<T>) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const { method, url, headers } = request;
      seen.push({ method, url, authorization: headers.authorization, body });
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  try {
    const client = new ApiClient({ url: `http://127.0.0.1:${port}`, token: () => 'secret' });
    return { seen, result: await work(client).catch((error: unknown) => error) };
  } finally {
    server.close();
  }
}

test('a call has path, query, body and token where they belong', async () => {
  const { seen, result } = await against(200, '{"jwt":"x"}', async (client) =>
    client.call(createDatabaseToken, {
      params: { organizationSlug: 'ada', databaseName: 'a/b' },
      query: { expiration: '1d' },
      body: { fine_grained_permissions: [{ t: null, a: ['data_read'] }] },
    }),
  );
  expect(result).toEqual({ jwt: 'x' });
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/v1/organizations/ada/databases/a%2Fb/auth/tokens?expiration=1d',
      authorization: 'Bearer secret',
      body: '{"fine_grained_permissions":[{"t":null,"a":["data_read"]}]}',
    },
  ]);
});

test('a refusal carries status, code and text', async () => {
  const body = '{"error":"organization not found","code":"organization_not_found"}';
  const { result } = await against(404, body, async (client) =>
    client.call(listGroups, { params: { organizationSlug: 'nowhere' } }),
  );
  expect(result).toEqual(new ApiError(404, 'organization not found', 'organization_not_found'));
  expect(result).toMatchObject({ status: 404, code: 'organization_not_found' });
});

test('an answer of something else is told apart from one of this API', async () => {
  const { result } = await against(200, '<html>', async (client) =>
    client.call(listGroups, { params: { organizationSlug: 'ada' } }),
  );
  expect(result).toBeInstanceOf(UnexpectedAnswerError);
});
