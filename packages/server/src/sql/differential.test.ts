import { DatabaseSync } from 'node:sqlite';

import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { Connection } from './connection.ts';
import { SqlError } from './statement.ts';
import { contentOf, openPlain, runPlain, SCHEMA, sqliteWords, statement } from './testing-statements.ts';
import type { Outcome, Step } from './testing-statements.ts';
import { newDatabase, scopeOf, stmt } from './testing.ts';

async function runOurs(connection: Connection, { sql, args }: Step): Promise<Outcome> {
  try {
    const result = await connection.execute(stmt(sql, args), scopeOf());
    const { rows, cols, affectedRowCount: changes, lastInsertRowid } = result;
    return { rows, cols, changes, lastInsertRowid, inTransaction: !connection.isAutocommit };
  } catch (error) {
    if (!(error instanceof SqlError)) {
      throw error;
    }
    return { error: sqliteWords(error.message), inTransaction: !connection.isAutocommit };
  }
}

test('any sequence of statements does exactly what it does in SQLite, and leaves the same in the file', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 5, maxLength: 40 }), async (steps) => {
      const database = newDatabase();
      const connection = database.connect();
      const plain = openPlain();
      try {
        await connection.sequence(SCHEMA, scopeOf());
        plain.exec(SCHEMA);
        for (const each of steps) {
          expect({ sql: each.sql, ...(await runOurs(connection, each)) }).toEqual({
            sql: each.sql,
            ...runPlain(plain, each),
          });
        }
        // Closed, as a file that any SQLite opens.
        if (plain.isTransaction) {
          plain.exec('ROLLBACK');
        }
        database.close();
        const file = new DatabaseSync(database.options.path, { readBigInts: true, returnArrays: true });
        expect(contentOf(file)).toEqual(contentOf(plain));
        file.close();
      } finally {
        plain.close();
        database.close();
      }
    }),
    { numRuns: 40 },
  );
});
