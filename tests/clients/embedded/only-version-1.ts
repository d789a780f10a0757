/**
 * A server that hands everything on to another and remembers what was asked; and one that is as older ones were and knows
 * no `/info`. Clients then copy frame by frame.
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
  return await observe(target, (path) => !path.endsWith('/info'));
}

export async function observe(target: string, isKnown: (path: string) => boolean = () => true): Promise<OldServer> {
  const paths = new Set<string>();
  const server = createServer((incoming, response) => {
    paths.add(incoming.url ?? '');
    if (!isKnown(incoming.url ?? '')) {
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
