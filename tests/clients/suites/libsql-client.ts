/**
 * `@libsql/client`: what applications use of it, over either transport.
 *
 * @module
 */
import { type Client, type Config, createClient, LibsqlBatchError, LibsqlError } from '@libsql/client';
import { createClient as createSocketClient } from '@libsql/client/ws';
import { describe, expect, test } from 'vitest';

import { type GetTarget, webSocketUrl } from '../target.ts';
import { LARGE_BLOB_SIZES, VALUES } from '../values.ts';

export function libsqlClientSuite(transport: 'http' | 'ws', target: GetTarget): void {
  const open = (options: Partial<Config> = {}): Client & Disposable => {
    const { url, token } = target();
    const config = { intMode: 'bigint', ...(token === undefined ? {} : { authToken: token }), ...options } as const;
    const client =
      transport === 'http'
        ? createClient({ ...config, url })
        : createSocketClient({ ...config, url: webSocketUrl(target()) });
    return Object.assign(client, {
      [Symbol.dispose]() {
        client.close();
      },
    });
  };

  describe(`@libsql/client over ${transport}`, () => {
    test.each(VALUES)('$title comes back as it went', async ({ value }) => {
      using client = open();
      const { rows } = await client.execute({ sql: 'SELECT ?', args: [value] });
      const returned = rows[0]?.[0];
      expect(returned instanceof ArrayBuffer ? new Uint8Array(returned) : returned).toStrictEqual(value);
    });

    test.each(LARGE_BLOB_SIZES)('a blob of %i bytes is stored and comes back whole', async (size) => {
      using client = open();
      await client.batch(['DROP TABLE IF EXISTS blobs', 'CREATE TABLE blobs (data BLOB)'], 'write');
      const data = Uint8Array.from({ length: size }, (_, index) => index * 31);
      await client.execute({ sql: 'INSERT INTO blobs VALUES (?)', args: [data] });
      const { rows } = await client.execute('SELECT data, length(data) AS size FROM blobs');
      expect(rows[0]?.['size']).toBe(BigInt(size));
      expect(Buffer.from(rows[0]?.['data'] as ArrayBuffer).equals(data)).toBe(true);
    });

    test('text that is not UTF-8 harms nobody', async () => {
      using client = open();
      const { rows } = await client.execute("SELECT CAST(x'ff41' AS TEXT), 1");
      expect(rows[0]?.[0]).toMatch(/A$/);
      expect((await client.execute('SELECT 2')).rows[0]?.[0]).toBe(2n);
    });

    test('a result has columns, their types, rows by name and index, and what was changed', async () => {
      using client = open();
      await client.batch(['DROP TABLE IF EXISTS person', 'CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)']);
      const inserted = await client.execute("INSERT INTO person (name) VALUES ('Ada'), ('Grace')");
      expect(inserted).toMatchObject({ rowsAffected: 2, lastInsertRowid: 2n, rows: [], columns: [] });
      const selected = await client.execute('SELECT id, name, 1 AS one FROM person ORDER BY id');
      expect(selected.columns).toEqual(['id', 'name', 'one']);
      expect(selected.columnTypes).toEqual(['INTEGER', 'TEXT', '']);
      expect(selected.rows[1]).toMatchObject({ id: 2n, name: 'Grace', one: 1n, 0: 2n, 1: 'Grace', length: 3 });
      const returning = await client.execute('UPDATE person SET name = upper(name) WHERE id = 1 RETURNING name');
      expect(returning.rows[0]?.['name']).toBe('ADA');
      expect(returning.rowsAffected).toBe(1);
    });

    test('arguments are found by position, and by name with every prefix and none', async () => {
      using client = open();
      const byPosition = await client.execute({ sql: 'SELECT ?2, ?1', args: ['a', 'b'] });
      expect(Array.from(byPosition.rows[0] ?? [])).toEqual(['b', 'a']);
      const byName = await client.execute({ sql: 'SELECT :a, @b, $c', args: { a: 1n, b: 2n, c: 3n } });
      expect(Array.from(byName.rows[0] ?? [])).toEqual([1n, 2n, 3n]);
      const prefixed = await client.execute({ sql: 'SELECT :a, @b, $c', args: { ':a': 1n, '@b': 2n, $c: 3n } });
      expect(Array.from(prefixed.rows[0] ?? [])).toEqual([1n, 2n, 3n]);
    });

    test.each([':', '@', '$'])(
      'a parameter ?1 is the first parameter, even if that has a name with %s',
      async (sign) => {
        using client = open();
        const { rows } = await client.execute({ sql: `SELECT ${sign}b, ${sign}a, ?1`, args: { a: 'one', b: 'two' } });
        expect(Array.from(rows[0] ?? [])).toEqual(['two', 'one', 'two']);
      },
    );

    test('integers are numbers unless too large, or text, as the client asks', async () => {
      using numbers = open({ intMode: 'number' });
      expect((await numbers.execute('SELECT 9007199254740991')).rows[0]?.[0]).toBe(Number.MAX_SAFE_INTEGER);
      await expect(numbers.execute('SELECT 9007199254740992')).rejects.toThrow(RangeError);
      using texts = open({ intMode: 'string' });
      expect((await texts.execute('SELECT 9223372036854775807')).rows[0]?.[0]).toBe('9223372036854775807');
    });

    test('a change of the schema holds at once for every statement after it, whatever connection that gets', async () => {
      using client = open();
      await client.batch(['DROP TABLE IF EXISTS grown', 'CREATE TABLE grown (a)'], 'write');
      const insertAtOnce = async (sql: string): Promise<void> => {
        await Promise.all(Array.from({ length: 5 }, async () => await client.execute(sql)));
      };
      await insertAtOnce('INSERT INTO grown VALUES (1)');
      await client.execute('ALTER TABLE grown ADD COLUMN b');
      await insertAtOnce('INSERT INTO grown VALUES (1, 2)');
      const { rows } = await client.execute('SELECT count(a), count(b) FROM grown');
      expect(rows[0]).toMatchObject({ 0: 10n, 1: 5n });
    });

    test('errors have codes, and the connection goes on', async () => {
      using client = open();
      await client.batch(['DROP TABLE IF EXISTS strict_one', 'CREATE TABLE strict_one (a INTEGER NOT NULL UNIQUE)']);
      await client.execute('INSERT INTO strict_one VALUES (1)');
      await expect(client.execute('INSERT INTO strict_one VALUES (1)')).rejects.toMatchObject({
        code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
        message: expect.stringContaining('UNIQUE constraint failed: strict_one.a'),
      });
      await expect(client.execute('INSERT INTO strict_one VALUES (NULL)')).rejects.toMatchObject({
        message: expect.stringContaining('NOT NULL constraint failed: strict_one.a'),
      });
      await expect(client.execute('SELECT * FROM nowhere')).rejects.toThrow(/no such table: nowhere/);
      await expect(client.execute('SELECT FROM')).rejects.toBeInstanceOf(LibsqlError);
      await expect(client.execute({ sql: 'SELECT ?', args: [1, 2] })).rejects.toBeInstanceOf(LibsqlError);
      await expect(client.execute('')).rejects.toBeInstanceOf(LibsqlError);
      expect((await client.execute('SELECT count(*) FROM strict_one')).rows[0]?.[0]).toBe(1n);
    });

    test('a batch is all or nothing, and says which statement failed', async () => {
      using client = open();
      const results = await client.batch(
        ['DROP TABLE IF EXISTS account', 'CREATE TABLE account (id INTEGER PRIMARY KEY)', 'SELECT 7 AS seven'],
        'write',
      );
      expect(results.map(({ rows }) => rows.length)).toEqual([0, 0, 1]);
      const failed = client.batch([
        'INSERT INTO account VALUES (1)',
        { sql: 'INSERT INTO account VALUES (?)', args: [1] },
      ]);
      await expect(failed).rejects.toBeInstanceOf(LibsqlBatchError);
      await expect(failed).rejects.toMatchObject({ statementIndex: 1 });
      expect((await client.execute('SELECT count(*) FROM account')).rows[0]?.[0]).toBe(0n);
    });

    test('a batch of 2,000 statements runs', async () => {
      using client = open();
      const inserts = Array.from({ length: 2000 }, (_, index) => ({
        sql: 'INSERT INTO bulk VALUES (?)',
        args: [index],
      }));
      await client.batch(['DROP TABLE IF EXISTS bulk', 'CREATE TABLE bulk (n INTEGER)', ...inserts], 'write');
      expect((await client.execute('SELECT count(*), sum(n) FROM bulk')).rows[0]).toMatchObject({
        0: 2000n,
        1: 1_999_000n,
      });
    });

    test('a read batch and a read transaction refuse to write', async () => {
      using client = open();
      await client.batch(['DROP TABLE IF EXISTS quiet', 'CREATE TABLE quiet (a)'], 'write');
      await expect(client.batch(['INSERT INTO quiet VALUES (1)'], 'read')).rejects.toBeInstanceOf(LibsqlError);
      const transaction = await client.transaction('read');
      await expect(transaction.execute('INSERT INTO quiet VALUES (1)')).rejects.toBeInstanceOf(LibsqlError);
      transaction.close();
      expect((await client.execute('SELECT count(*) FROM quiet')).rows[0]?.[0]).toBe(0n);
      await client.execute('INSERT INTO quiet VALUES (2)');
      expect((await client.execute('SELECT a FROM quiet')).rows[0]?.[0]).toBe(2n);
    });

    test('transactions commit, roll back, survive an error, and are undone by a close', async () => {
      using client = open();
      await client.batch(['DROP TABLE IF EXISTS ledger', 'CREATE TABLE ledger (a INTEGER UNIQUE)'], 'write');
      const committed = await client.transaction('write');
      await committed.execute('INSERT INTO ledger VALUES (1)');
      await expect(committed.execute('INSERT INTO ledger VALUES (1)')).rejects.toThrow(/UNIQUE/);
      await committed.batch(['INSERT INTO ledger VALUES (2)', 'INSERT INTO ledger VALUES (3)']);
      await committed.executeMultiple('INSERT INTO ledger VALUES (4); INSERT INTO ledger VALUES (5)');
      await committed.commit();
      const rolledBack = await client.transaction('write');
      await rolledBack.execute('DELETE FROM ledger');
      await rolledBack.rollback();
      const closed = await client.transaction('write');
      await closed.execute('DELETE FROM ledger');
      closed.close();
      expect(closed.closed).toBe(true);
      await expect(closed.execute('SELECT 1')).rejects.toMatchObject({ code: 'TRANSACTION_CLOSED' });
      await client.execute('INSERT INTO ledger VALUES (6)');
      const { rows } = await client.execute('SELECT group_concat(a) FROM (SELECT a FROM ledger ORDER BY a)');
      expect(rows[0]?.[0]).toBe('1,2,3,4,5,6');
    });

    test('migrate() may rebuild a table that others refer to', async () => {
      using client = open();
      await client.executeMultiple(`
        DROP TABLE IF EXISTS child; DROP TABLE IF EXISTS parent;
        CREATE TABLE parent (id INTEGER PRIMARY KEY);
        CREATE TABLE child (parent INTEGER REFERENCES parent (id));
        INSERT INTO parent VALUES (1);
        INSERT INTO child VALUES (1);
      `);
      await client.migrate([
        'CREATE TABLE parent_new (id INTEGER PRIMARY KEY, name TEXT)',
        'INSERT INTO parent_new (id) SELECT id FROM parent',
        'DROP TABLE parent',
        'ALTER TABLE parent_new RENAME TO parent',
      ]);
      expect(
        (await client.execute('SELECT parent.id FROM child JOIN parent ON parent.id = child.parent')).rows,
      ).toHaveLength(1);
      expect((await client.execute('PRAGMA table_info(parent)')).rows).toHaveLength(2);
    });

    test('executeMultiple() runs statements up to the first that fails', async () => {
      using client = open();
      const script = `
        DROP TABLE IF EXISTS script; -- a comment; with a semicolon
        CREATE TABLE script (a TEXT);
        INSERT INTO script VALUES ('one; not two');
        INSERT INTO nowhere VALUES (1);
        INSERT INTO script VALUES ('never')`;
      await expect(client.executeMultiple(script)).rejects.toThrow(/no such table/);
      expect((await client.execute('SELECT a FROM script')).rows.map((row) => row[0])).toEqual(['one; not two']);
    });

    test('20,000 rows arrive complete and in order', async () => {
      using client = open();
      const { rows } = await client.execute(
        'WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) SELECT i, printf("%06d", i) FROM n',
      );
      expect(rows).toHaveLength(20_000);
      expect(rows.every((row, index) => row[0] === BigInt(index) && row[1] === String(index).padStart(6, '0'))).toBe(
        true,
      );
    });

    test('50 statements at once are each answered with their own result', async () => {
      using client = open();
      const answers = Array.from(
        { length: 50 },
        async (_, index) => await client.execute({ sql: 'SELECT ?', args: [index] }),
      );
      expect((await Promise.all(answers)).map(({ rows }) => rows[0]?.[0])).toEqual(
        Array.from({ length: 50 }, (_, index) => index),
      );
    });

    test('a client that was reconnected works, and one that was closed says so', async () => {
      using client = open();
      await client.execute('SELECT 1');
      client.reconnect();
      expect((await client.execute('SELECT 2')).rows[0]?.[0]).toBe(2n);
      client.close();
      await expect(client.execute('SELECT 3')).rejects.toThrow(/closed/i);
    });
  });
}
