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
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

/** @throws Error when any answer is not a success */
export async function httpLoad({ url, token, headers, body, connections, seconds }: HttpOrders): Promise<Measured> {
  const latenciesMs: number[] = [];
  const run = autocannon({
    url,
    body,
    connections,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    duration: seconds,
    setupClient: (client) =>
      client.on('body', (part) => {
        // Of answers, the first piece at least says so.
        refusal = part.includes('"code"') ? part.toString() : refusal;
      }),
  });
  const refused = new Map<number, number>();
  let refusal = '';
  run.on('response', (_client, status, _bytes, responseMs) => {
    latenciesMs.push(responseMs);
    if (status !== 200) {
      refused.set(status, (refused.get(status) ?? 0) + 1);
    }
  });
  const result = await run;
  if (result.errors + result.timeouts + result.non2xx > 0) {
    const statuses = [...refused].map(([status, count]) => `${count} with status ${status}`);
    throw new Error([`${url}: ${result.errors} errors, ${result.timeouts} timeouts`, ...statuses, refusal].join(', '));
  }
  return { perSecond: result['2xx'] / result.duration, ...latenciesOf(latenciesMs) };
}

export async function socketLoad(orders: SocketOrders): Promise<Measured> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'socket-load.ts'), JSON.stringify(orders)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout)) as Measured;
}
