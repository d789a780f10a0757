/**
 * Turso's sync engine with a local copy, in a process of its own. Reads and answers lines as child.ts does.
 *
 * @module
 */
import process from 'node:process';
import { createInterface } from 'node:readline';

/** What is used of the client. Its package is not there for every platform, so nothing may need it to compile. */
interface Database {
  pull(): Promise<unknown>;
  push(): Promise<void>;
  exec(sql: string): Promise<unknown>;
  prepare(sql: string): { all(): Promise<object[]> } | Promise<{ all(): Promise<object[]> }>;
  close(): Promise<void>;
}

const CLIENT = '@tursodatabase/sync';
const { connect } = (await import(CLIENT)) as { connect: (options: object) => Promise<Database> };

let database: Database | undefined;

function opened(): Database {
  if (database === undefined) {
    throw new Error('open first');
  }
  return database;
}

const operations: Record<string, (...args: never[]) => unknown> = {
  async open(options: object) {
    database = await connect(options);
  },
  async pull() {
    return await opened().pull();
  },
  async push() {
    await opened().push();
  },
  async exec(sql: string) {
    await opened().exec(sql);
  },
  async rows(sql: string) {
    const rows = await (await opened().prepare(sql)).all();
    return rows.map((row) => Object.values(row) as unknown[]);
  },
  async close() {
    await opened().close();
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [operation, ...args] = JSON.parse(line) as [string, ...never[]];
  try {
    const value = await operations[operation]?.(...args);
    process.stdout.write(`${JSON.stringify({ value })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`);
  }
}
