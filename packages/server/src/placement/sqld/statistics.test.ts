import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';

import type { HostEvent } from '../../relay/messages.ts';
import { SqldServer } from './sqld-server.ts';
import { SqldStatistics } from './statistics.ts';

const log = pino({ level: 'silent' });

/** What an sqld server's admin address answers of any namespace, when the test lets it. */
let admin: Server;
let waiting: ServerResponse[];
let asked: string[];
let server: SqldServer;
let events: HostEvent[];
let statistics: SqldStatistics;

beforeEach(async () => {
  waiting = [];
  asked = [];
  admin = createServer((request, response) => {
    asked.push(/namespaces\/([^/]+)\/stats/.exec(request.url ?? '')?.[1] ?? '');
    waiting.push(response);
    admin.emit('asked');
  }).listen(0, '127.0.0.1');
  await once(admin, 'listening');
  const url = `http://127.0.0.1:${(admin.address() as AddressInfo).port}`;
  server = new SqldServer({
    settings: { location: 'fra', description: '', url, adminUrl: url },
    role: 'primary',
    adminKey: undefined,
    probeMs: 60_000,
    log,
    beforeUp: async () => await Promise.resolve(),
  });
  events = [];
  statistics = new SqldStatistics((event) => events.push(event), log);
});

afterEach(async () => {
  await server.stop();
  admin.closeAllConnections();
  admin.close();
});

function use(count: number): string[] {
  const names = Array.from({ length: count }, (_, index) => `db-${index}`);
  for (const name of names) {
    statistics.created(server, name);
    statistics.touch(server, name);
  }
  return names;
}

async function whenWaiting(count: number): Promise<void> {
  while (waiting.length < count) {
    await once(admin, 'asked');
  }
}

function answerOne(): void {
  const body = { rows_read_count: 3, rows_written_count: 2, storage_bytes_used: 0, top_queries: [] };
  waiting.shift()?.end(JSON.stringify(body));
}

test('a round asks for eight namespaces at a time, for each once, and tells of each', async () => {
  const names = use(20);
  const round = statistics.flush();
  for (let left = names.length; left > 0; left -= 1) {
    await whenWaiting(Math.min(8, left));
    expect(waiting.length).toBe(Math.min(8, left));
    answerOne();
  }
  await round;
  expect(asked.toSorted()).toEqual(names.toSorted());
  expect(events).toHaveLength(names.length);
  expect(events[0]).toMatchObject({ type: 'usage', location: 'fra', rowsRead: 3, rowsWritten: 2 });
});

test('a round begins when the one before has ended, so that nothing is told twice', async () => {
  use(1);
  const first = statistics.flush();
  await whenWaiting(1);
  statistics.touch(server, 'db-0');
  const second = statistics.flush();
  answerOne();
  await first;
  await whenWaiting(1);
  answerOne();
  await second;
  expect(events).toHaveLength(1);
});
