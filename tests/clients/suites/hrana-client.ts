/**
 * `@libsql/hrana-client`: the protocol itself, in every version and transport that it speaks.
 *
 * @module
 */
import { BatchCond, type Client, openHttp, openWs, type ProtocolVersion, type Stream } from '@libsql/hrana-client';
import { describe, expect, test } from 'vitest';

import { type GetTarget, webSocketUrl } from '../target.ts';
import { VALUES } from '../values.ts';

export interface HranaVariant {
  readonly transport: 'http' | 'ws';
  readonly version: ProtocolVersion;
}

export const HRANA_VARIANTS: readonly HranaVariant[] = [
  { transport: 'http', version: 2 },
  { transport: 'http', version: 3 },
  { transport: 'ws', version: 2 },
  { transport: 'ws', version: 3 },
];

export function hranaClientSuite({ transport, version }: HranaVariant, target: GetTarget): void {
  const open = async (): Promise<Client & Disposable> => {
    const { url, token } = target();
    const client =
      transport === 'http'
        ? openHttp(url, token, undefined, undefined, version)
        : openWs(webSocketUrl(target()), token, version);
    client.intMode = 'bigint';
    // Until the version is known, the client refuses whatever not every version has.
    expect(await client.getVersion()).toBe(version);
    return Object.assign(client, {
      [Symbol.dispose]() {
        client.close();
      },
    });
  };

  describe(`@libsql/hrana-client over ${transport}, version ${version}`, () => {
    test.each(VALUES)('$title comes back as it went', async ({ value }) => {
      using client = await open();
      const { value: returned } = await client.openStream().queryValue(['SELECT ?', [value]]);
      expect(returned instanceof ArrayBuffer ? new Uint8Array(returned) : returned).toStrictEqual(value);
    });

    test('a statement may want rows, one row, one value or none', async () => {
      using client = await open();
      const stream = client.openStream();
      const all = await stream.query('SELECT 1 AS one, 2 AS two UNION ALL SELECT 3, 4');
      expect([all.columnNames, all.rows.length]).toEqual([['one', 'two'], 2]);
      expect((await stream.queryRow('SELECT 1 AS one')).row?.['one']).toBe(1n);
      expect((await stream.queryValue('SELECT 1 WHERE 0')).value).toBeUndefined();
      expect(await stream.run('SELECT 1')).not.toHaveProperty('rows');
    });

    test('an insert tells how many rows and the last row id', async () => {
      using client = await open();
      const stream = client.openStream();
      await stream.run('DROP TABLE IF EXISTS hrana_insert');
      await stream.run('CREATE TABLE hrana_insert (id INTEGER PRIMARY KEY)');
      await stream.run('INSERT INTO hrana_insert VALUES (-9223372036854775808)');
      const result = await stream.run('INSERT INTO hrana_insert VALUES (1), (9223372036854775807)');
      expect(result).toMatchObject({ affectedRowCount: 2, lastInsertRowid: 2n ** 63n - 1n });
    });

    test('errors have a code and leave the stream usable', async () => {
      using client = await open();
      const stream = client.openStream();
      await expect(stream.run('SELECT * FROM nowhere')).rejects.toMatchObject({
        message: expect.stringContaining('no such table: nowhere'),
        code: expect.stringMatching(/^SQL/),
      });
      await expect(stream.run('SELECT 1; SELECT 2')).rejects.toMatchObject({ code: 'SQL_MANY_STATEMENTS' });
      await expect(stream.run('-- nothing')).rejects.toMatchObject({ code: 'SQL_NO_STATEMENT' });
      expect((await stream.queryValue('SELECT 5')).value).toBe(5n);
    });

    test('streams of one client have transactions of their own', async () => {
      using client = await open();
      const [first, second] = [client.openStream(), client.openStream()];
      await first.run('DROP TABLE IF EXISTS hrana_streams');
      await first.run('CREATE TABLE hrana_streams (a INTEGER)');
      await first.run('BEGIN');
      await first.run('INSERT INTO hrana_streams VALUES (1)');
      expect((await second.queryValue('SELECT count(*) FROM hrana_streams')).value).toBe(0n);
      await first.run('COMMIT');
      expect((await second.queryValue('SELECT count(*) FROM hrana_streams')).value).toBe(1n);
    });

    test('a stream that is closed undoes its transaction', async () => {
      using client = await open();
      const stream = client.openStream();
      await stream.run('DROP TABLE IF EXISTS hrana_closed');
      await stream.run('CREATE TABLE hrana_closed (a INTEGER)');
      await stream.run('BEGIN IMMEDIATE');
      await stream.run('INSERT INTO hrana_closed VALUES (1)');
      stream.close();
      const next = client.openStream();
      await next.run('INSERT INTO hrana_closed VALUES (2)');
      expect((await next.query('SELECT a FROM hrana_closed')).rows.map((row) => row[0])).toEqual([2n]);
    });

    batchTests(open, false);

    if (version >= 2) {
      test('a description names parameters and columns', async () => {
        using client = await open();
        const stream = client.openStream();
        await stream.sequence('DROP TABLE IF EXISTS hrana_describe; CREATE TABLE hrana_describe (a VARCHAR(9), b)');
        expect(await stream.describe('SELECT a, b, 1 AS one FROM hrana_describe WHERE a = ? AND b = :b')).toEqual({
          paramNames: [undefined, ':b'],
          columns: [
            { name: 'a', decltype: 'VARCHAR(9)' },
            { name: 'b', decltype: undefined },
            { name: 'one', decltype: undefined },
          ],
          isExplain: false,
          isReadonly: true,
        });
        expect(await stream.describe('EXPLAIN DELETE FROM hrana_describe')).toMatchObject({ isExplain: true });
        expect(await stream.describe('DELETE FROM hrana_describe')).toMatchObject({ isReadonly: false });
        await expect(stream.describe('SELECT FROM')).rejects.toThrow(/syntax error/);
      });

      test('a sequence runs up to the first statement that fails', async () => {
        using client = await open();
        const stream = client.openStream();
        const sequence = stream.sequence(`
          DROP TABLE IF EXISTS hrana_sequence; CREATE TABLE hrana_sequence (a); INSERT INTO hrana_sequence VALUES (1);
          INSERT INTO nowhere VALUES (2); INSERT INTO hrana_sequence VALUES (3);`);
        await expect(sequence).rejects.toThrow(/no such table/);
        expect((await stream.queryValue('SELECT group_concat(a) FROM hrana_sequence')).value).toBe('1');
        await stream.sequence('');
      });

      test('stored SQL is used by its id until it is closed', async () => {
        using client = await open();
        const stream = client.openStream();
        const owner = 'storeSql' in client ? (client as unknown as SqlOwner) : (stream as unknown as SqlOwner);
        const sql = owner.storeSql('SELECT ? + 1');
        expect((await stream.queryValue([sql, [1n]])).value).toBe(2n);
        expect((await stream.describe(sql)).paramNames).toEqual([undefined]);
        sql.close();
        expect((await stream.queryValue('SELECT 3')).value).toBe(3n);
      });
    }

    if (version >= 3) {
      batchTests(open, true);

      test('a cursor brings 20,000 rows, complete and in order', async () => {
        using client = await open();
        const batch = client.openStream().batch(true);
        const query = batch
          .step()
          .query('WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) SELECT i FROM n');
        await batch.execute();
        const rows = (await query)?.rows ?? [];
        expect(rows).toHaveLength(20_000);
        expect(rows.every((row, index) => row[0] === BigInt(index))).toBe(true);
      });

      test('autocommit is off exactly within a transaction', async () => {
        using client = await open();
        const stream = client.openStream();
        expect(await stream.getAutocommit()).toBe(true);
        await stream.run('BEGIN');
        expect(await stream.getAutocommit()).toBe(false);
        const batch = stream.batch();
        const skipped = batch.step().condition(BatchCond.isAutocommit(batch)).queryValue('SELECT 1');
        const ran = batch
          .step()
          .condition(BatchCond.not(BatchCond.isAutocommit(batch)))
          .queryValue('SELECT 2');
        await batch.execute();
        expect([await skipped, (await ran)?.value]).toEqual([undefined, 2n]);
        await stream.run('COMMIT');
        expect(await stream.getAutocommit()).toBe(true);
      });
    }
  });
}

/** What `storeSql` is on: the client over WebSocket, the stream over HTTP. */
interface SqlOwner {
  storeSql(sql: string): Parameters<Stream['describe']>[0] & { close(): void };
}

function batchTests(open: () => Promise<Client & Disposable>, useCursor: boolean): void {
  const kind = useCursor ? 'a batch through a cursor' : 'a batch';

  test(`${kind}: conditions decide which steps run`, async () => {
    using client = await open();
    const batch = client.openStream().batch(useCursor);
    const good = batch.step();
    const outcomes = [good.queryValue('SELECT 1').then((result) => result?.value)];
    const bad = batch.step();
    const failure = Promise.allSettled([bad.run('SELECT * FROM nowhere')]);
    const then = (condition: BatchCond): void => {
      outcomes.push(
        batch
          .step()
          .condition(condition)
          .queryValue('SELECT 2')
          .then((result) => result?.value),
      );
    };
    then(BatchCond.ok(good));
    then(BatchCond.ok(bad));
    then(BatchCond.error(bad));
    then(BatchCond.not(BatchCond.error(bad)));
    then(BatchCond.and(batch, [BatchCond.ok(good), BatchCond.error(bad)]));
    then(BatchCond.or(batch, [BatchCond.ok(bad), BatchCond.error(good)]));
    then(BatchCond.and(batch, []));
    then(BatchCond.or(batch, []));
    await batch.execute();
    expect(await failure).toMatchObject([
      { status: 'rejected', reason: { message: expect.stringMatching(/no such table/) } },
    ]);
    expect(await Promise.all(outcomes)).toEqual([1n, 2n, undefined, 2n, undefined, 2n, undefined, 2n, undefined]);
  });

  test(`${kind}: an error in the middle keeps what ran before`, async () => {
    using client = await open();
    const stream = client.openStream();
    await stream.run('DROP TABLE IF EXISTS hrana_batch');
    await stream.run('CREATE TABLE hrana_batch (a INTEGER UNIQUE)');
    const batch = stream.batch(useCursor);
    const steps = [1, 1, 2].map((value) => batch.step().run(['INSERT INTO hrana_batch VALUES (?)', [value]]));
    const settled = Promise.allSettled(steps);
    await batch.execute();
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await stream.queryValue('SELECT group_concat(a) FROM hrana_batch')).value).toBe('1,2');
  });
}
