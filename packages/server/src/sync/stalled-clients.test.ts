/** Clients that ask for a copy and do not take it: as long as they are served, the WAL only grows. */
import { statSync } from 'node:fs';
import path from 'node:path';

import { fromBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';

import { CLOSE, TestHost } from '../host/testing/test-host.ts';
import type { HeadParts } from '../host/testing/test-host.ts';
import { readCutReason } from '../relay/cut-answer.ts';
import type { InstanceRef } from '../relay/messages.ts';
import { HelloResponseSchema } from './gen/sync/wal_log_pb.ts';
import { get } from './testing/sync-host.ts';

const EMPTY_MESSAGE = Buffer.alloc(5);

interface Ask {
  readonly route: string;
  readonly body: Uint8Array;
  readonly parts: HeadParts;
}

async function dump(): Promise<Ask> {
  return await Promise.resolve({ route: '/dump', body: Buffer.alloc(0), parts: { method: 'GET' } });
}

async function pullUpdates(): Promise<Ask> {
  return await Promise.resolve({ route: '/pull-updates', body: Buffer.alloc(0), parts: {} });
}

async function exportBase(host: TestHost, instance: InstanceRef): Promise<Ask> {
  const { body } = await get(host, instance, '/info');
  const { current_generation: generation } = JSON.parse(body.toString()) as { current_generation: number };
  return { route: `/export/${generation}`, body: Buffer.alloc(0), parts: { method: 'GET' } };
}

async function snapshot(host: TestHost, instance: InstanceRef): Promise<Ask> {
  const { body } = await host.request('/wal_log.ReplicationLog/Hello', EMPTY_MESSAGE, { instance });
  const { sessionToken } = fromBinary(HelloResponseSchema, body.subarray(5, 5 + body.readUInt32BE(1)));
  const headers = { 'x-session-token': Buffer.from(sessionToken).toString() };
  return { route: '/wal_log.ReplicationLog/Snapshot', body: EMPTY_MESSAGE, parts: { headers } };
}

test.each([
  ['a dump', dump],
  ['pages for Turso’s sync', pullUpdates],
  ['the base of a copy', exportBase],
  ['a snapshot for older clients', snapshot],
] as const)(
  'a client that asks for %s and does not take it is given up, and the WAL starts over',
  async (_name, ask) => {
    await using host = new TestHost({ streamIdleMs: 50 });
    const instance = await host.newDatabase();
    const insert =
      'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500) SELECT randomblob(3900) FROM n';
    await host.pipeline(instance, ['CREATE TABLE t (a)', insert, insert, CLOSE]);
    const { route, body, parts } = await ask(host, instance);
    const channel = host.open(route, body, { ...parts, instance });
    channel.handlers.onData = async () => await Promise.withResolvers<void>().promise;
    const reason = await new Promise<string>((resolve) => {
      channel.handlers.onAbort = resolve;
    });
    // For the log.
    expect(readCutReason(reason)?.code).toBe('COPY_BUSY');
    const wal = path.join(host.folder(instance), 'primary.db-wal');
    const update = 'UPDATE t SET a = randomblob(3900)';
    await host.pipeline(instance, [update, update, CLOSE]);
    const { size } = statSync(wal);
    await host.pipeline(instance, [update, update, update, CLOSE]);
    expect(statSync(wal).size).toBe(size);
  },
);
