/**
 * One load on one target, measured.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import autocannon from 'autocannon';

import type { SocketOrders } from './socket-load.ts';
import { latenciesOf, type Measured } from './statistics.ts';

export interface HttpOrders {
  readonly url: string;
  readonly token: string;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

/** @throws Error when any answer is not a success */
export async function httpLoad({ url, token, body, connections, seconds }: HttpOrders): Promise<Measured> {
  const latenciesMs: number[] = [];
  const run = autocannon({
    url,
    body,
    connections,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    duration: seconds,
  });
  run.on('response', (_client, _status, _bytes, responseMs) => latenciesMs.push(responseMs));
  const result = await run;
  const failed = result.errors + result.timeouts + result.non2xx;
  if (failed > 0) {
    throw new Error(`${failed} requests to ${url} failed`);
  }
  return { perSecond: result['2xx'] / result.duration, ...latenciesOf(latenciesMs) };
}

export async function socketLoad(orders: SocketOrders): Promise<Measured> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'socket-load.ts'), JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout)) as Measured;
}
