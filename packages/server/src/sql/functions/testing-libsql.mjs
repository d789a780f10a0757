/**
 * libSQL itself, asked from a process of its own: some of these statements end it (vector.test.ts).
 *
 * Its argument is a database file; without one it is in memory. Reads a JSON array of statements, writes one line of JSON
 * for each: the values of its first column, or its error.
 */
import { readFileSync, writeSync } from 'node:fs';

import Database from 'libsql';

const db = new Database(process.argv[2] ?? ':memory:');
for (const sql of JSON.parse(readFileSync(0, 'utf8'))) {
  let answer;
  try {
    const statement = db.prepare(sql);
    answer = statement.reader
      ? {
          values: statement
            .raw()
            .all()
            .map(([value]) => value),
        }
      : (statement.run(), {});
  } catch (error) {
    answer = { error: error.message };
  }
  writeSync(1, `${JSON.stringify(answer)}\n`);
}
// Its destructors crash after some errors.
process.kill(process.pid, 'SIGKILL');
