import { expect, test } from 'vitest';

import { CLOSE, FULL, SETTINGS, TestHost } from '../host/testing/test-host.ts';
import { LocalCopy, push } from './testing/sync-host.ts';

const FRAME_BYTES = 24 + 4096;

test('frames that are pushed are in the database at once, and have the same numbers on both sides', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)');
  const frames = copy.frames();
  const last = frames.length / FRAME_BYTES;
  const pushed = await push(host, database, { generation: copy.generation, start: 1, frames });
  expect(pushed).toEqual({ http: 200, status: 'ok', generation: copy.generation, max_frame_no: last });
  expect(await host.values(database, 'SELECT a FROM t')).toEqual(['1', '2']);
  copy.db.exec('INSERT INTO t VALUES (3)');
  const more = await push(host, database, {
    generation: copy.generation,
    start: last + 1,
    frames: copy.frames(last + 1),
  });
  expect(more).toMatchObject({ status: 'ok', max_frame_no: copy.frames().length / FRAME_BYTES });
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['3']);
});

test('frames that come again, because the answer was lost, are acknowledged again and not applied twice', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a)');
  const pushed = { generation: copy.generation, start: 1, frames: copy.frames() };
  expect(await push(host, database, pushed)).toEqual(await push(host, database, pushed));
});

test('frames after somebody else wrote are a conflict, and change nothing', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  await host.pipeline(database, ['CREATE TABLE t (a)', "INSERT INTO t VALUES ('server')", CLOSE]);
  copy.db.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('copy')");
  const pushed = { generation: copy.generation, start: 1, frames: copy.frames() };
  expect(await push(host, database, pushed)).toMatchObject({ http: 200, status: 'conflict' });
  expect(await host.values(database, 'SELECT a FROM t')).toEqual(['server']);
});

test('a transaction that comes in pieces is in the database when its last piece is there, and not before', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a)');
  const tableFrames = copy.frames().length / FRAME_BYTES;
  copy.db.exec('INSERT INTO t VALUES (randomblob(40000))');
  const frames = copy.frames();
  const cut = (tableFrames + 3) * FRAME_BYTES;
  const { generation } = copy;
  const first = await push(host, database, { generation, start: 1, frames: frames.subarray(0, cut) });
  expect(first).toMatchObject({ status: 'ok', max_frame_no: tableFrames + 3 });
  expect(await host.values(database, 'SELECT count(*) FROM t')).toEqual(['0']);
  const rest = { generation, start: tableFrames + 4, frames: frames.subarray(cut) };
  // Without its baton the server knows nothing of the first piece, and says from where to send again.
  expect(await push(host, database, rest)).toMatchObject({ status: 'ok', max_frame_no: tableFrames });
  const { baton = '' } = first;
  expect(await push(host, database, { ...rest, baton })).toMatchObject({ max_frame_no: frames.length / FRAME_BYTES });
  expect(await host.values(database, 'SELECT length(a) FROM t')).toEqual(['40000']);
});

test('a push that a dying host cuts off is repeated from where the answer says, and whole then', async () => {
  await using first = new TestHost();
  const database = await first.newDatabase();
  const copy = await LocalCopy.export(first, database);
  copy.db.exec('CREATE TABLE t (a)');
  const tableFrames = copy.frames().length / FRAME_BYTES;
  copy.db.exec('INSERT INTO t VALUES (randomblob(400000))');
  const frames = copy.frames();
  const { generation } = copy;
  const cut = tableFrames + 50;
  const begun = await push(first, database, { generation, start: 1, frames: frames.subarray(0, cut * FRAME_BYTES) });
  expect(begun).toMatchObject({ status: 'ok', max_frame_no: cut });
  first.kill();
  await first.ended;
  await using second = new TestHost({ dataDir: first.dataDir, hostId: 2 });
  const on = { generation, start: cut + 1, frames: frames.subarray(cut * FRAME_BYTES) };
  // The host that held the first part of the transaction is gone.
  const answer = await push(second, database, { ...on, ...(begun.baton === undefined ? {} : { baton: begun.baton }) });
  expect(answer).toMatchObject({ status: 'ok', max_frame_no: tableFrames });
  expect(await second.values(database, 'SELECT count(*) FROM t')).toEqual(['0']);
  const rest = { generation, start: tableFrames + 1, frames: frames.subarray(tableFrames * FRAME_BYTES) };
  expect(await push(second, database, rest)).toMatchObject({ status: 'ok', max_frame_no: frames.length / FRAME_BYTES });
  expect(await second.values(database, 'SELECT length(a) FROM t')).toEqual(['400000']);
});

test('a database that was made offline fills one that is still empty, and no other', async () => {
  await using host = new TestHost();
  const [empty, used] = [await host.newDatabase(), await host.newDatabase()];
  await host.pipeline(used, ['CREATE TABLE x (a)', CLOSE]);
  const copy = LocalCopy.create();
  copy.db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
  const pushed = { generation: 1, start: 1, frames: copy.frames() };
  expect(await push(host, empty, pushed)).toMatchObject({ status: 'ok' });
  expect(await host.values(empty, 'SELECT a FROM t')).toEqual(['1']);
  expect(await push(host, used, pushed)).toMatchObject({ status: 'conflict' });
});

test('frames that leave out pages of a database that was made elsewhere do not fill an empty one', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = LocalCopy.create();
  copy.db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (randomblob(20000)); PRAGMA wal_checkpoint(TRUNCATE)');
  copy.db.exec('CREATE TABLE u (a)');
  expect(await push(host, database, { generation: 1, start: 1, frames: copy.frames() })).toMatchObject({
    status: 'conflict',
  });
});

test('while a transaction is open on the server a push is to be repeated; it does not end the transaction', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a)');
  const open = await host.pipeline(database, ['BEGIN IMMEDIATE', 'CREATE TABLE mine (a)']);
  const pushed = { generation: copy.generation, start: 1, frames: copy.frames() };
  expect(await push(host, database, pushed)).toMatchObject({ http: 503, code: 'COPY_BUSY' });
  await host.pipeline(database, ['ROLLBACK', CLOSE], open.baton);
  expect(await push(host, database, pushed)).toMatchObject({ http: 200, status: 'ok' });
});

test('while another process has the database open a push is to be repeated; nothing is lost by it', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a)');
  await using other = new TestHost({ dataDir: host.dataDir, hostId: 2 });
  expect(await other.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
  const pushed = { generation: copy.generation, start: 1, frames: copy.frames() };
  expect(await push(host, database, pushed)).toMatchObject({ http: 503, code: 'COPY_BUSY' });
  await other.pipeline(database, ['CREATE TABLE other (a)', CLOSE]);
  expect(await host.values(database, 'SELECT name FROM sqlite_schema')).toEqual(['other']);
  expect(await host.values(database, 'PRAGMA integrity_check')).toEqual(['ok']);
});

test.each([
  ['a token that may only read', { rights: { ...FULL, level: 'read' } }],
  ['a token with rights on some tables', { rights: { ...FULL, level: 'grants' } }],
  ['a database whose writes are switched off', { settings: { ...SETTINGS, blockWrites: true } }],
  ['a database that would become too large', { settings: { ...SETTINGS, sizeLimitBytes: 4096 } }],
] as const)('a push is refused with %s', async (_reason, parts) => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a)');
  const pushed = { generation: copy.generation, start: 1, frames: copy.frames(), ...parts };
  expect(await push(host, database, pushed)).toMatchObject({ http: 403 });
  expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
});

test('pages that are none of a database are refused', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const copy = await LocalCopy.export(host, database);
  copy.db.exec('CREATE TABLE t (a)');
  const frames = Buffer.from(copy.frames());
  frames.write('nonsense', 24);
  expect(await push(host, database, { generation: copy.generation, start: 1, frames })).toMatchObject({ http: 400 });
  expect(
    await push(host, database, { generation: copy.generation, start: 1, frames: frames.subarray(1) }),
  ).toMatchObject({
    http: 400,
  });
  const path = `/sync/${copy.generation}/1/${1 + (frames.length - 1) / FRAME_BYTES}`;
  expect(await host.request(path, frames.subarray(1), { instance: database })).toMatchObject({ status: 400 });
});

test('a transaction that is too large to be held until its end is refused for good, not asked for again', async () => {
  await using host = new TestHost();
  const database = await host.newDatabase();
  const { generation } = await LocalCopy.export(host, database);
  const count = Math.ceil((130 * 1024 * 1024) / FRAME_BYTES);
  const frames = Buffer.alloc(count * FRAME_BYTES);
  for (let index = 0; index < count; index += 1) {
    frames.writeUInt32BE(index + 2, index * FRAME_BYTES);
  }
  const first = await push(host, database, { generation, start: 1, frames });
  expect(first).toMatchObject({ status: 'ok', max_frame_no: count, baton: expect.any(String) });
  const baton = String(first.baton);
  const second = await push(host, database, { generation, start: count + 1, frames, baton });
  // The official client gives up at a status below 500.
  expect(second).toMatchObject({ http: 413, code: 'PUSH_TOO_LARGE' });
  expect(await host.values(database, 'SELECT count(*) FROM sqlite_schema')).toEqual(['0']);
});
