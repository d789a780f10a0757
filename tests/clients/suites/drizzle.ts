/**
 * `drizzle-orm/libsql`: what an ORM makes of the client.
 *
 * @module
 */
import { createClient } from '@libsql/client';
import { eq, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql';
import { blob, integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { describe, expect, test } from 'vitest';

import type { GetTarget } from '../target.ts';

const author = sqliteTable('dz_author', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull().unique(),
});

const book = sqliteTable('dz_book', {
  id: integer().primaryKey({ autoIncrement: true }),
  authorId: integer()
    .notNull()
    .references(() => author.id),
  title: text().notNull(),
  price: real(),
  printedAt: integer({ mode: 'timestamp_ms' }),
  inPrint: integer({ mode: 'boolean' }).notNull().default(true),
  tags: text({ mode: 'json' }).$type<string[]>(),
  copies: blob({ mode: 'bigint' }),
});

const TABLES = [
  'DROP TABLE IF EXISTS dz_book',
  'DROP TABLE IF EXISTS dz_author',
  'CREATE TABLE dz_author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)',
  `CREATE TABLE dz_book (id INTEGER PRIMARY KEY AUTOINCREMENT, authorId INTEGER NOT NULL REFERENCES dz_author (id),
     title TEXT NOT NULL, price REAL, printedAt INTEGER, inPrint INTEGER NOT NULL DEFAULT 1, tags TEXT, copies BLOB)`,
];

export function drizzleSuite(target: GetTarget): void {
  const open = () => {
    const { url, token } = target();
    const client = createClient({ url, ...(token === undefined ? {} : { authToken: token }) });
    const close = {
      [Symbol.dispose]() {
        client.close();
      },
    };
    return Object.assign(close, { client, db: drizzle(client, { schema: { author, book } }) });
  };

  describe('drizzle-orm/libsql', () => {
    test('every kind of column keeps its value', async () => {
      using opened = open();
      await opened.client.batch(TABLES, 'write');
      const [{ id: authorId } = { id: -1 }] = await opened.db.insert(author).values({ name: 'Ada' }).returning();
      const written = {
        authorId,
        title: 'Notes "on" the engine',
        price: 12.5,
        printedAt: new Date('1843-09-01T00:00:00.123Z'),
        inPrint: false,
        tags: ['analysis', 'é'],
        copies: 2n ** 70n,
      };
      await opened.db.insert(book).values(written);
      expect(await opened.db.select().from(book).where(eq(book.authorId, authorId))).toEqual([{ id: 1, ...written }]);
    });

    test('joins, groups, upserts and batches work', async () => {
      using opened = open();
      await opened.client.batch(TABLES, 'write');
      await opened.db.insert(author).values([{ name: 'Ada' }, { name: 'Grace' }]);
      await opened.db
        .insert(author)
        .values({ name: 'Ada' })
        .onConflictDoUpdate({ target: author.name, set: { name: 'Ada Lovelace' } });
      const [, books] = await opened.db.batch([
        opened.db.insert(book).values([
          { authorId: 1, title: 'a', price: 1 },
          { authorId: 1, title: 'b', price: 2 },
        ]),
        opened.db
          .select({ name: author.name, total: sql<number>`sum(${book.price})` })
          .from(author)
          .leftJoin(book, eq(book.authorId, author.id))
          .groupBy(author.id)
          .orderBy(author.id),
      ]);
      expect(books).toEqual([
        { name: 'Ada Lovelace', total: 3 },
        { name: 'Grace', total: null },
      ]);
    });

    test('a transaction within a transaction rolls back alone', async () => {
      using opened = open();
      await opened.client.batch(TABLES, 'write');
      await opened.db.transaction(async (outer) => {
        await outer.insert(author).values({ name: 'kept' });
        await expect(
          outer.transaction(async (inner) => {
            await inner.insert(author).values({ name: 'undone' });
            throw new Error('on purpose');
          }),
        ).rejects.toThrow('on purpose');
      });
      expect(await opened.db.select({ name: author.name }).from(author)).toEqual([{ name: 'kept' }]);
    });
  });
}
