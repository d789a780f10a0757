/**
 * `@tursodatabase/serverless`: cursors over HTTP, which is how it runs every statement.
 *
 * @module
 */
import { connect, DatabaseError } from '@tursodatabase/serverless';
import { describe, expect, test } from 'vitest';

import type { GetTarget } from '../target.ts';
import { LARGE_BLOB_SIZES, VALUES } from '../values.ts';

export function serverlessSuite(target: GetTarget): void {
  const open = (): ReturnType<typeof connect> & AsyncDisposable => {
    const { url, token } = target();
    const connection = connect({ url, ...(token === undefined ? {} : { authToken: token }) });
    connection.defaultSafeIntegers(true);
    return Object.assign(connection, {
      async [Symbol.asyncDispose]() {
        await connection.close();
      },
    });
  };

  describe('@tursodatabase/serverless', () => {
    test.each(VALUES)('$title comes back as it went', async ({ value }) => {
      await using connection = open();
      const statement = await connection.prepare('SELECT ? AS value');
      const row = (await statement.get([value])) as { value: unknown };
      expect(Buffer.isBuffer(row.value) ? new Uint8Array(row.value) : row.value).toStrictEqual(value);
    });

    test.each(LARGE_BLOB_SIZES)('a blob of %i bytes is stored and comes back whole', async (size) => {
      await using connection = open();
      await connection.exec('DROP TABLE IF EXISTS sl_blobs; CREATE TABLE sl_blobs (data BLOB)');
      const data = Uint8Array.from({ length: size }, (_, index) => index * 17);
      await connection.run('INSERT INTO sl_blobs VALUES (?)', [data]);
      const row = (await connection.get('SELECT data FROM sl_blobs')) as { data: Uint8Array };
      expect(Buffer.from(row.data).equals(data)).toBe(true);
    });

    test('a statement runs, gets one row, all rows, and rows one by one', async () => {
      await using connection = open();
      await connection.exec('DROP TABLE IF EXISTS sl_user; CREATE TABLE sl_user (id INTEGER PRIMARY KEY, name TEXT)');
      const insert = await connection.prepare('INSERT INTO sl_user (name) VALUES (?)');
      expect(await insert.run(['Ada'])).toMatchObject({ changes: 1, lastInsertRowid: 1 });
      expect(await insert.run(['Grace'])).toMatchObject({ changes: 1, lastInsertRowid: 2 });
      const select = await connection.prepare('SELECT id, name FROM sl_user WHERE id >= ? ORDER BY id');
      expect(select.columns()).toMatchObject([
        { name: 'id', type: 'INTEGER' },
        { name: 'name', type: 'TEXT' },
      ]);
      expect(await select.get([2])).toEqual({ id: 2n, name: 'Grace' });
      expect(await select.all([1])).toHaveLength(2);
      expect(await select.get([9])).toBeUndefined();
      const names: unknown[] = [];
      for await (const row of select.iterate([1])) {
        names.push((row as { name: string }).name);
      }
      expect(names).toEqual(['Ada', 'Grace']);
    });

    test('named arguments are found with their prefix and without', async () => {
      await using connection = open();
      expect(await connection.get('SELECT :a AS a, @b AS b', { a: 'x', '@b': 'y' })).toEqual({ a: 'x', b: 'y' });
    });

    test('20,000 rows stream complete and in order', async () => {
      await using connection = open();
      const statement = await connection.prepare(
        'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) SELECT i FROM n',
      );
      let next = 0n;
      for await (const row of statement.iterate()) {
        expect((row as { i: bigint }).i).toBe(next);
        next += 1n;
      }
      expect(next).toBe(20_000n);
    });

    test('a transaction commits as a whole, and an error in it undoes it', async () => {
      await using connection = open();
      await connection.exec('DROP TABLE IF EXISTS sl_ledger; CREATE TABLE sl_ledger (a INTEGER UNIQUE)');
      const insertAll = connection.transactionAsync(async (transaction, values: readonly number[]) => {
        for (const value of values) {
          await transaction.run('INSERT INTO sl_ledger VALUES (?)', [value]);
        }
      });
      await insertAll([1, 2]);
      await expect(insertAll([3, 1])).rejects.toThrow(/UNIQUE constraint failed/);
      expect(await connection.get('SELECT group_concat(a) AS all_values FROM sl_ledger')).toEqual({
        all_values: '1,2',
      });
      expect(connection.inTransaction).toBe(false);
    });

    test('a batch gives one result for each statement', async () => {
      await using connection = open();
      const results = await connection.batch([
        'DROP TABLE IF EXISTS sl_batch',
        'CREATE TABLE sl_batch (a INTEGER)',
        'INSERT INTO sl_batch VALUES (1), (2)',
        'SELECT a FROM sl_batch ORDER BY a',
      ]);
      expect(results).toHaveLength(4);
      expect(results[2]).toMatchObject({ rowsAffected: 2 });
      expect(results[3]?.rows).toHaveLength(2);
    });

    test('errors have a code, and the connection goes on', async () => {
      await using connection = open();
      await expect(connection.get('SELECT * FROM nowhere')).rejects.toBeInstanceOf(DatabaseError);
      await expect(connection.get('SELECT * FROM nowhere')).rejects.toMatchObject({
        message: expect.stringContaining('no such table: nowhere'),
        code: expect.stringMatching(/^SQL/),
      });
      await expect(connection.exec('SELECT 1; SELECT FROM;')).rejects.toBeInstanceOf(DatabaseError);
      expect(await connection.get('SELECT 1 AS one')).toEqual({ one: 1n });
    });
  });
}
