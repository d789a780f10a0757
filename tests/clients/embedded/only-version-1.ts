/**
 * A server as older ones were: it hands everything on to another, but knows no `/info`. Clients then copy frame by frame.
 *
 * @module
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OldServer extends Disposable {
  readonly url: string;
  /** What clients have asked for. */
  readonly paths: ReadonlySet<string>;
}

export async function onlyVersion1(target: string): Promise<OldServer> {
  const paths = new Set<string>();
  const server = createServer((incoming, response) => {
    paths.add(incoming.url ?? '');
    if (incoming.url?.endsWith('/info') === true) {
      response.writeHead(404).end();
      return;
    }
    const outgoing = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    paths,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
