import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { ObjectStore } from '@skerry/server/backup/object-store';
import { expect, test } from 'vitest';

import { BUCKET, FaultyStore } from './object-store.ts';

/** More than sockets hold. */
const SIZE_BYTES = 30_000_000;

// Others want a signature.
test.skipIf(process.env['VERSITYGW_PATH'] !== undefined)(
  'the store ends although a client was killed amid an answer',
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'skerry-object-store-'));
    const faulty = await FaultyStore.start(folder);
    const { endpoint, environment } = faulty;
    const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
    const credentials = { accessKeyId, secretAccessKey };
    const store = new ObjectStore({ bucket: BUCKET, prefix: '', endpoint, region: 'us-east-1', credentials });
    await store.put('large', Buffer.alloc(SIZE_BYTES));
    store.close();
    const { hostname, port, host } = new URL(endpoint);
    const client = connect(Number(port), hostname);
    await once(client, 'connect');
    client.write(`GET /${BUCKET}/large HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    const [answer] = (await once(client, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 200/);
    client.destroy();
    await faulty[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  },
);
