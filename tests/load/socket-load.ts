/**
 * Load over WebSockets, as a process of its own so that it takes no time from whoever measures: each socket keeps one
 * request on its way. Takes its orders as one JSON argument and prints what it measured as one line of JSON.
 *
 * @module
 */
import process from 'node:process';

import { WebSocket } from 'ws';

import { latenciesOf, type Measured } from './statistics.ts';

export interface SocketOrders {
  readonly url: string;
  readonly token: string;
  /** Of the upgrade. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly sockets: number;
  readonly seconds: number;
  /** Statement of each request. */
  readonly stmt: object;
}

const orders = JSON.parse(process.argv[2] ?? '') as SocketOrders;

async function open(): Promise<WebSocket> {
  const socket = new WebSocket(orders.url, ['hrana2'], { headers: { ...orders.headers } });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  await ask(socket, { type: 'hello', jwt: orders.token });
  await ask(socket, { type: 'request', request_id: 0, request: { type: 'open_stream', stream_id: 1 } });
  return socket;
}

/** Sends one message and resolves with the next that comes. */
async function ask(socket: WebSocket, message: object): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    socket.once('message', (data: Buffer) => {
      socket.off('close', reject);
      resolve(data);
    });
    socket.once('close', reject);
    socket.send(JSON.stringify(message));
  });
}

async function run(sockets: readonly WebSocket[]): Promise<Measured> {
  const latenciesMs: number[] = [];
  const begin = performance.now();
  const end = begin + orders.seconds * 1000;
  await Promise.all(
    sockets.map(async (socket) => {
      const request = { type: 'execute', stream_id: 1, stmt: orders.stmt };
      for (let id = 1, sent = performance.now(); sent < end; id += 1) {
        const answer = await ask(socket, { type: 'request', request_id: id, request });
        const now = performance.now();
        latenciesMs.push(now - sent);
        sent = now;
        if (answer.includes('response_error')) {
          throw new Error(answer.toString());
        }
      }
    }),
  );
  const perSecond = (latenciesMs.length * 1000) / (performance.now() - begin);
  return { perSecond, ...latenciesOf(latenciesMs) };
}

const sockets = await Promise.all(Array.from({ length: orders.sockets }, open));
process.stdout.write(`${JSON.stringify(await run(sockets))}\n`);
for (const socket of sockets) {
  socket.terminate();
}
