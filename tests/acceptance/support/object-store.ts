/**
 * An object store that speaks S3, and a proxy before it that spoils what passes. The store is `s3rver`, or, with
 * `VERSITYGW_PATH`, Versity's gateway on a folder.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';

import { freePort } from '@skerry/server/placement/sqld/free-port';
import S3rver from 's3rver';

export const BUCKET = 'backups';
/** What s3rver accepts; versitygw is started with the same. */
const KEY = 'S3RVER';

/**
 * `slow`: each request waits. `error`, `denied`: 500 and 403. `gone`: connections are cut. `partial`: requests and answers
 * break off in the middle.
 */
export type Fault = 'none' | 'slow' | 'error' | 'denied' | 'gone' | 'partial';

const SLOW_MS = 150;

export class FaultyStore implements AsyncDisposable {
  fault: Fault = 'none';
  /** How often a fault was met. */
  faults = 0;
  /** Whether it knows `If-None-Match: *`, which s3rver does not. */
  knowsConditions = false;
  /** One conditional write after another. */
  #conditional: Promise<void> = Promise.resolve();
  readonly #proxy: Server;
  readonly #stop: () => Promise<void>;

  private constructor(proxy: Server, stop: () => Promise<void>) {
    this.#proxy = proxy;
    this.#stop = stop;
  }

  /** @param folder where the objects are kept */
  static async start(folder: string): Promise<FaultyStore> {
    mkdirSync(folder, { recursive: true });
    const gateway = process.env['VERSITYGW_PATH'];
    const store = gateway === undefined ? await startS3rver(folder) : await startVersity(gateway, folder);
    const proxy = createServer((incoming, response) => faulty.#pass(store.port, incoming, response));
    const faulty: FaultyStore = new FaultyStore(proxy, store.stop);
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    return faulty;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#proxy.address() as AddressInfo).port}`;
  }

  /** Options of `skerry start` and `skerry restore`. */
  args(prefix: string): string[] {
    return ['--backup', `s3://${BUCKET}/${prefix}`, '--backup-endpoint', this.endpoint];
  }

  get environment(): Record<string, string> {
    return { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: KEY };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#proxy.close();
    this.#proxy.closeAllConnections();
    await this.#stop();
  }

  #pass(port: number, incoming: IncomingMessage, response: ServerResponse): void {
    const { fault } = this;
    this.faults += fault === 'none' ? 0 : 1;
    if (fault === 'gone') {
      incoming.socket.destroy();
      return;
    }
    if (fault === 'error' || fault === 'denied') {
      incoming.resume();
      const [status, code] = fault === 'error' ? [500, 'InternalError'] : [403, 'AccessDenied'];
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`);
      return;
    }
    const forward = (): void => {
      if (incoming.method === 'GET' && response.destroyed) {
        return;
      }
      const { method, url, headers } = incoming;
      const upstream = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        if (fault === 'partial') {
          answer.once('data', (bytes: Buffer) => {
            response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
          });
          answer.once('end', () => response.destroy());
        } else {
          answer.pipe(response);
        }
      });
      upstream.on('error', () => response.destroy());
      // What a killed client asked for would be waited for for ever. Not so a write: s3rver may keep one that is cut off.
      response.once('close', () => {
        if (incoming.method === 'GET' && !response.writableEnded) {
          upstream.destroy();
        }
      });
      if (fault === 'partial' && incoming.method === 'PUT') {
        incoming.once('data', (bytes: Buffer) => {
          upstream.write(bytes.subarray(0, bytes.length >> 1), () => {
            upstream.destroy();
            incoming.socket.destroy();
          });
        });
      } else {
        incoming.pipe(upstream);
      }
    };
    if (this.knowsConditions && incoming.method === 'PUT' && incoming.headers['if-none-match'] === '*') {
      this.#conditional = this.#conditional.then(async () => await this.#whenAbsent(port, incoming, response, forward));
    } else if (fault === 'slow') {
      setTimeout(forward, SLOW_MS);
    } else {
      forward();
    }
  }

  /** Resolves when the write is answered. */
  async #whenAbsent(
    port: number,
    incoming: IncomingMessage,
    response: ServerResponse,
    forward: () => void,
  ): Promise<void> {
    // Signed for a read, which this is not; s3rver asks for no signature of what anybody may read.
    const found = await new Promise<boolean>((resolve) => {
      const { host = '' } = incoming.headers;
      const look = { host: '127.0.0.1', port, method: 'HEAD', path: incoming.url?.split('?')[0], headers: { host } };
      request(look, (answer) => resolve(answer.resume().statusCode === 200)).end();
    });
    const answered = once(response, 'close');
    if (found) {
      incoming.resume();
      response.writeHead(412, { 'content-type': 'application/xml' });
      response.end('<?xml version="1.0"?><Error><Code>PreconditionFailed</Code><Message>it is there</Message></Error>');
    } else {
      forward();
    }
    await answered;
  }
}

async function startS3rver(directory: string): Promise<{ port: number; stop: () => Promise<void> }> {
  const configureBuckets = [{ name: BUCKET }];
  const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory, configureBuckets });
  const { port } = await server.run();
  return { port, stop: async () => await server.close() };
}

async function startVersity(program: string, folder: string): Promise<{ port: number; stop: () => Promise<void> }> {
  mkdirSync(path.join(folder, BUCKET), { recursive: true });
  const port = await freePort();
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--access', KEY, '--secret', KEY, 'posix', folder], {
    stdio: 'ignore',
  });
  await answers(port, child);
  return {
    port,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) {
      return;
    }
  }
  throw new Error('the object store did not start');
}
