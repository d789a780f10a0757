import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { expect, test } from 'vitest';

import { Page } from './page.ts';

const SCRIPT = 'export const answer = 42;\n'.repeat(100);

/** A server with only the page, made of a small build; what the page does not take is answered with 418. */
async function serving(
  hasBuild: boolean,
): Promise<AsyncDisposable & { get: (path: string, init?: RequestInit) => Promise<Response> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-page-'));
  if (hasBuild) {
    await mkdir(path.join(folder, 'assets'));
    await writeFile(path.join(folder, 'index.html'), '<!doctype html><title>Skerry</title>');
    await writeFile(path.join(folder, 'assets/main-a1.js'), SCRIPT);
    await writeFile(path.join(folder, 'assets/main-a1.js.gz'), gzipSync(SCRIPT));
    await writeFile(path.join(folder, 'assets/main-a1.js.br'), brotliCompressSync(SCRIPT));
  }
  const page = await Page.load(hasBuild ? folder : path.join(folder, 'absent'));
  const server = createServer((request, response) => {
    if (!page.handle(request, response, request.url ?? '')) {
      response.writeHead(418).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    get: async (requestPath, init) => await fetch(`http://127.0.0.1:${port}${requestPath}`, init),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

test('every view of the page is the same document, asked for each time, under a strict policy', async () => {
  await using server = await serving(true);
  for (const view of ['/', '/sign-in', '/o/ada', '/o/ada/databases/shop/sql']) {
    const response = await server.get(view);
    expect(await response.text()).toContain('<title>Skerry');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(policy).not.toMatch(/https?:|\*/);
  }
});

test('hashed files stay in caches for ever and come in the best encoding that the client takes', async () => {
  await using server = await serving(true);
  for (const [accepted, sent] of [
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['identity', null],
  ] as const) {
    const response = await server.get('/assets/main-a1.js', { headers: { 'accept-encoding': accepted } });
    expect(response.headers.get('content-encoding')).toBe(sent);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(await response.text()).toBe(SCRIPT);
  }
});

test('what a browser has already is not sent again', async () => {
  await using server = await serving(true);
  const etag = (await server.get('/')).headers.get('etag') ?? '';
  const again = await server.get('/', { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
});

test('what is not the page is left to others', async () => {
  await using server = await serving(true);
  for (const other of ['/v1/organizations', '/assets/none.js', '/orders', '/../package.json', '/metrics']) {
    expect((await server.get(other)).status).toBe(418);
  }
  expect((await server.get('/', { method: 'POST' })).status).toBe(418);
});

test('without a build the answer says how to make it', async () => {
  await using server = await serving(false);
  const response = await server.get('/');
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'page_not_built', error: expect.stringContaining('npm run') });
  expect((await server.get('/assets/main.js')).status).toBe(418);
});
