/**
 * Uploads in parts, as the official CLI sends them.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { FULL, SETTINGS, TestHost } from '../../host/testing/test-host.ts';
import type { HeadParts, TestAnswer } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

const AWAITING = { ...SETTINGS, awaitingUpload: true };
const MAX_BYTES = 40_000_000;

let host: TestHost;
let file: Buffer;

beforeAll(() => {
  host = new TestHost({ maxUploadBytes: MAX_BYTES });
  file = newFile(20_000_000);
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

function newFile(payloadBytes: number): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-parts-'));
  try {
    const db = new DatabaseSync(path.join(folder, 'a.db'));
    db.exec(`CREATE TABLE t (a); INSERT INTO t VALUES (42); CREATE TABLE p (b);
      INSERT INTO p VALUES (randomblob(${payloadBytes}))`);
    db.close();
    return readFileSync(path.join(folder, 'a.db'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Upload {
  readonly on: TestHost;
  readonly database: InstanceRef;
  readonly uploadId: string;
  readonly partBytes: number;
}

async function put(on: TestHost, database: InstanceRef, url: string, body: Buffer | string, parts: HeadParts = {}) {
  const channel = on.open(url, '', { method: 'PUT', settings: AWAITING, ...parts, instance: database }, false);
  const answer = on.uploaded(channel, database);
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += 60_000) {
    await channel.write(bytes.subarray(at, at + 60_000));
  }
  channel.end();
  return await answer;
}

async function begin(database: InstanceRef, sizeBytes = file.length, on = host): Promise<Upload> {
  const answer = await put(on, database, '/v2/upload/start', JSON.stringify({ db_size_bytes: sizeBytes }));
  expect(answer.status).toBe(200);
  const { chunk_size: partBytes, upload_id: uploadId } = JSON.parse(answer.body.toString()) as {
    chunk_size: number;
    upload_id: string;
  };
  return { on, database, uploadId, partBytes };
}

async function sendPart({ on, database, uploadId, partBytes }: Upload, number: number, body?: Buffer) {
  const part = body ?? file.subarray(number * partBytes, (number + 1) * partBytes);
  return await put(on, database, `/v2/upload/${uploadId}/chunk/${number}`, part);
}

async function finish({ on, database, uploadId }: Upload): Promise<TestAnswer> {
  return await put(on, database, `/v2/upload/${uploadId}/finalize`, '');
}

function errorOf(answer: TestAnswer): unknown {
  const { code } = JSON.parse(answer.body.toString()) as { code: string };
  return { status: answer.status, code };
}

function leftovers(database: InstanceRef): string[] {
  return readdirSync(host.folder(database)).filter((name) => !name.startsWith('primary.db'));
}

test('parts in any order, some of them twice, become the database', async () => {
  const upload = await begin(await host.newDatabase());
  for (const number of [2, 0, 1, 1]) {
    expect(await sendPart(upload, number)).toMatchObject({ status: 200 });
  }
  expect(await finish(upload)).toMatchObject({ status: 200 });
  expect(await host.values(upload.database, 'SELECT a FROM t')).toEqual(['42']);
  expect(await host.values(upload.database, 'PRAGMA integrity_check')).toEqual(['ok']);
  expect(leftovers(upload.database)).toEqual([]);
});

test('an upload goes on in another host, after the first was killed in the middle of a part', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'skerry-parts-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const first = new TestHost({ hostId: 1, dataDir });
  const database = await first.newDatabase();
  const upload = await begin(database, file.length, first);
  expect(await sendPart(upload, 0)).toMatchObject({ status: 200 });
  const cut = { method: 'PUT', settings: AWAITING, instance: database };
  const channel = first.open(`/v2/upload/${upload.uploadId}/chunk/1`, '', cut, false);
  await channel.write(Buffer.alloc(500_000, 7));
  first.kill();
  await first.ended;
  await using second = new TestHost({ hostId: 2, dataDir });
  const moved = { ...upload, on: second };
  expect(errorOf(await finish(moved))).toEqual({ status: 400, code: 'UPLOAD_INVALID' });
  for (const number of [1, 2]) {
    expect(await sendPart(moved, number)).toMatchObject({ status: 200 });
  }
  expect(await finish(moved)).toMatchObject({ status: 200 });
  expect(await second.values(database, 'SELECT a FROM t')).toEqual(['42']);
});

test('the paths without an id, of older clients, mean the only upload there is', async () => {
  const upload = await begin(await host.newDatabase());
  for (const number of [0, 1, 2]) {
    const part = file.subarray(number * upload.partBytes, (number + 1) * upload.partBytes);
    expect(await put(host, upload.database, `/v2/upload/chunk/${number}`, part)).toMatchObject({ status: 200 });
  }
  expect(await put(host, upload.database, '/v2/upload/finalize', '')).toMatchObject({ status: 200 });
  expect(await host.values(upload.database, 'SELECT a FROM t')).toEqual(['42']);
});

test('a part of the wrong size is refused, and the right one is taken after it', async () => {
  const upload = await begin(await host.newDatabase());
  for (const wrong of [file.subarray(0, 1_000), Buffer.alloc(upload.partBytes + 1)]) {
    expect((await sendPart(upload, 0, wrong)).status).toBeGreaterThanOrEqual(400);
  }
  for (const number of [0, 1, 2]) {
    expect(await sendPart(upload, number)).toMatchObject({ status: 200 });
  }
  expect(await finish(upload)).toMatchObject({ status: 200 });
});

test('a file that is no database is refused at the end and leaves nothing', async () => {
  const database = await host.newDatabase();
  const upload = await begin(database, 1_000);
  expect(await sendPart(upload, 0, Buffer.alloc(1_000, 'x'))).toMatchObject({ status: 200 });
  expect(errorOf(await finish(upload))).toEqual({ status: 400, code: 'UPLOAD_INVALID' });
  expect(leftovers(database)).toEqual([]);
});

test.each<[string, string, string, HeadParts, number, string]>([
  ['an upload that was not begun', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6/finalize', '', {}, 404, 'UPLOAD_NOT_STARTED'],
  ['a part of no upload', 'chunk/0', 'x', {}, 404, 'UPLOAD_NOT_STARTED'],
  ['a start without a size', 'start', '{}', {}, 400, 'UPLOAD_INVALID'],
  ['a start with no JSON', 'start', 'x', {}, 400, 'UPLOAD_INVALID'],
  ['a start of too much', 'start', `{"db_size_bytes":${MAX_BYTES + 1}}`, {}, 413, 'UPLOAD_TOO_LARGE'],
  ['no database that waits', 'start', '{"db_size_bytes":1}', { settings: SETTINGS }, 409, 'UPLOAD_NOT_EXPECTED'],
  ['a token that reads', 'start', '{"db_size_bytes":1}', { rights: { ...FULL, level: 'read' } }, 403, 'FORBIDDEN'],
])('%s is refused with a code', async (_, url, body, parts, status, code) => {
  const database = await host.newDatabase();
  expect(errorOf(await put(host, database, `/v2/upload/${url}`, body, parts))).toEqual({ status, code });
  expect(leftovers(database)).toEqual([]);
});
