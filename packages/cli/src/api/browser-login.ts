/**
 * From a sign-in in the browser to an API token: opens the server's page, on which a person lets this program in, and
 * waits at a port of this machine until that page sends the browser there with the token.
 *
 * The token comes from whoever calls with the `state` that only the opened address holds.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';

import type { Terminal } from '../command.ts';
import { UsageError } from '../errors.ts';
import type { Environment } from '../options/resolve.ts';

/** A password may have to be looked for. */
const PATIENCE_MS = 10 * 60_000;

/** Takes the token out of the address bar and the history. */
const DONE_PAGE =
  '<!doctype html><meta charset="utf-8"><title>Signed in</title>' +
  '<script>history.replaceState(null, "", "/")</script>' +
  '<p>You are signed in. Close this page, and go on in the terminal.</p>';

/** @throws UsageError when nobody comes */
export async function tokenByBrowser(url: string, terminal: Terminal): Promise<string> {
  const state = randomBytes(24).toString('hex');
  const came = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const token = searchParams.get('jwt');
    if (searchParams.get('state') !== state || token === null) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'no-store', connection: 'close' });
    response.end(DONE_PAGE, () => came.resolve(token));
  });
  const timer = setTimeout(
    () => came.reject(new UsageError('Nobody signed in. Try again, or use --user.')),
    PATIENCE_MS,
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const page = `${url}/auth/cli?${new URLSearchParams({ port: String(port), state }).toString()}`;
    terminal.err(`Sign in on this page of the server, in a browser on this machine:\n  ${page}\n`);
    openBrowser(page, terminal.environment);
    return await came.promise;
  } finally {
    clearTimeout(timer);
    server.close();
    server.closeAllConnections();
  }
}

/** As far as there is one; the address is printed as well. */
function openBrowser(page: string, environment: Environment): void {
  const opener = openerOf(process.platform, environment);
  if (opener !== undefined) {
    const [program, ...args] = opener;
    const child = spawn(program, [...args, page], { stdio: 'ignore', detached: true });
    child.on('error', () => undefined);
    child.unref();
  }
}

/** The program that opens an address; undefined on a machine without a screen. */
function openerOf(platform: NodeJS.Platform, environment: Environment): readonly [string, ...string[]] | undefined {
  if (platform === 'darwin') {
    return ['open'];
  }
  if (platform === 'win32') {
    return ['rundll32', 'url.dll,FileProtocolHandler'];
  }
  return (environment['DISPLAY'] ?? environment['WAYLAND_DISPLAY'] ?? '') === '' ? undefined : ['xdg-open'];
}
