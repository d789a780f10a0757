/**
 * Uploads: the file of a database that was created to be filled by one, or nothing.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { answerOf, FULL, SETTINGS, TestHost } from '../../host/testing/test-host.ts';
import type { HeadParts, TestAnswer } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

const AWAITING = { ...SETTINGS, awaitingUpload: true };
const MAX_BYTES = 5_000_000;

let host: TestHost;

beforeAll(() => {
  host = new TestHost({ maxUploadBytes: MAX_BYTES });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

/** A database file with one row, and so many bytes beside it. */
function newFile(payloadBytes: number, ...pragmas: readonly string[]): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-upload-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'a.db');
  const db = new DatabaseSync(file);
  for (const pragma of pragmas) {
    db.exec(`PRAGMA ${pragma}`);
  }
  db.exec(
    `CREATE TABLE t (a); INSERT INTO t VALUES (42); CREATE TABLE p (b); INSERT INTO p VALUES (zeroblob(${payloadBytes}))`,
  );
  db.close();
  return readFileSync(file);
}

/** Sends the file in pieces, as the gateway passes on what a client sends. */
async function upload(instance: InstanceRef, file: Buffer, parts: HeadParts = {}): Promise<TestAnswer> {
  const channel = host.open('/v1/upload', '', { settings: AWAITING, ...parts, instance }, false);
  const answer = host.uploaded(channel, instance);
  for (let at = 0; at < file.length; at += 60_000) {
    await channel.write(file.subarray(at, at + 60_000));
  }
  channel.end();
  return await answer;
}

/** Files that do not belong to the database, and the number of its tables. */
async function leftovers(instance: InstanceRef): Promise<unknown> {
  const files = readdirSync(host.folder(instance)).filter((name) => !name.startsWith('primary.db'));
  return [...files, ...(await host.values(instance, 'SELECT count(*) FROM sqlite_schema'))];
}

test.each([[[]], [['journal_mode = WAL']]])('a whole file becomes the database (%j)', async (pragmas) => {
  const database = await host.newDatabase();
  expect(await upload(database, newFile(1_000_000, ...pragmas))).toMatchObject({ status: 200 });
  expect(await host.values(database, 'SELECT a FROM t')).toEqual(['42']);
  expect(await host.values(database, 'PRAGMA journal_mode')).toEqual(['wal']);
});

test('a host only receives the file: others are served while it is checked, and it is placed once, when it is sound', async () => {
  const database = await host.newDatabase();
  const parts = { settings: AWAITING, instance: database };
  const { uploaded = '', status } = await answerOf(
    host.open('/v1/upload', newFile(1_000, 'journal_mode = WAL'), parts),
  );
  expect([status, uploaded]).toEqual([200, expect.stringMatching(/^upload-.*\.tmp$/)]);
  expect(await host.values(await host.newDatabase(), 'SELECT 1')).toEqual(['1']);
  expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
  await host.done({ type: 'place_upload', instance: database, draft: uploaded });
  await host.values(database, 'UPDATE t SET a = 43');
  await host.done({ type: 'place_upload', instance: database, draft: uploaded });
  expect(await host.values(database, 'SELECT a FROM t')).toEqual(['43']);
  const elsewhere = await host.command({ type: 'place_upload', instance: database, draft: '../primary.db' });
  expect(elsewhere.ok).toBe(false);
});

test('a file that ends early leaves nothing', async () => {
  const database = await host.newDatabase();
  const channel = host.open('/v1/upload', '', { settings: AWAITING, instance: database }, false);
  const file = newFile(1_000_000);
  await channel.write(file.subarray(0, 500_000));
  channel.abort('the client is gone');
  // Commands run after what came before them.
  await host.done({ type: 'database_size', instance: database });
  expect(await leftovers(database)).toEqual(['0']);
});

test('what an upload left behind whose host was killed goes with the next', async () => {
  const database = await host.newDatabase();
  const [old, recent] = ['old', 'recent'].map((name) => path.join(host.folder(database), `upload-${name}.tmp`));
  for (const file of [old, recent]) {
    writeFileSync(file ?? '', 'half a file');
  }
  utimesSync(old ?? '', 1, 1);
  expect(await upload(database, newFile(1_000))).toMatchObject({ status: 200 });
  expect([existsSync(old ?? ''), existsSync(recent ?? '')]).toEqual([false, true]);
});

test('a host that is killed amid an upload leaves the database waiting for it', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'skerry-upload-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const first = new TestHost({ hostId: 1, dataDir });
  const database = await first.newDatabase();
  const channel = first.open('/v1/upload', '', { settings: AWAITING, instance: database }, false);
  await channel.write(newFile(1_000_000).subarray(0, 500_000));
  await first.values(await first.newDatabase(), 'SELECT 1');
  first.kill();
  await first.ended;
  await using second = new TestHost({ hostId: 2, dataDir });
  expect(await second.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
  const again = second.open('/v1/upload', newFile(1_000), { settings: AWAITING, instance: database });
  expect(await second.uploaded(again, database)).toMatchObject({ status: 200 });
  expect(await second.values(database, 'SELECT a FROM t')).toEqual(['42']);
});

test.each([
  ['no database at all', () => Buffer.from('CREATE TABLE t (a);'.repeat(100)), 400],
  ['nothing', () => Buffer.alloc(0), 400],
  ['a database that was cut', () => newFile(1_000_000).subarray(0, 100_000), 400],
  ['a database with zeros in the middle', () => newFile(100_000).fill(0, 4_096, 12_288), 400],
  ['a database with other pages', () => newFile(1_000, 'page_size = 8192'), 400],
  ['a database in UTF-16', () => newFile(1_000, "encoding = 'UTF-16'"), 400],
  ['a file that is too large', () => newFile(MAX_BYTES + 1), 413],
])('%s is refused with words and leaves nothing', async (_, fileOf, status) => {
  const database = await host.newDatabase();
  const answer = await upload(database, fileOf());
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body.toString())).toMatchObject({ message: expect.any(String), code: expect.any(String) });
  expect(await leftovers(database)).toEqual(['0']);
});

test.each([
  ['without a database that waits for it', { settings: SETTINGS }, 409],
  ['with a token that only reads', { rights: { ...FULL, level: 'read' as const } }, 403],
  ['with a token that has ended', { rights: { ...FULL, expiresAtMs: 1 } }, 401],
])('an upload %s is refused and leaves nothing', async (_, parts, status) => {
  const database = await host.newDatabase();
  expect(await upload(database, newFile(10_000), parts)).toMatchObject({ status });
  expect(await leftovers(database)).toEqual(['0']);
});

test('a stream that was open on the empty file hears that the database was replaced', async () => {
  const database = await host.newDatabase();
  const { baton } = await host.pipeline(database, ['BEGIN']);
  await upload(database, newFile(1_000));
  expect(await host.pipeline(database, ['SELECT 1'], baton)).toMatchObject({ status: 400, code: 'STREAM_REPLACED' });
});
