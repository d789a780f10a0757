/**
 * A forward proxy for programs that take HTTP_PROXY: it dials every host at this machine, so names below `localhost` lead
 * to the server also where the system does not resolve them.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer, request as dial } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ForwardProxy extends AsyncDisposable {
  readonly url: string;
}

export async function startForwardProxy(): Promise<ForwardProxy> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '');
    const onward = dial(
      {
        host: '127.0.0.1',
        port: url.port,
        method: request.method,
        path: `${url.pathname}${url.search}`,
        headers: { ...request.headers, host: url.host },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
