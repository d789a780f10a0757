/**
 * An official client with a local copy, in a process of its own: the native client blocks its thread while it syncs.
 *
 * With an argument, the client is that package: an older version, installed under another name.
 *
 * Reads one JSON array for each line of its input, `[operation, ...arguments]`, and answers each with one line.
 *
 * @module
 */
import process from 'node:process';
import { createInterface } from 'node:readline';

import type { Client, Config, createClient as CreateClient, InStatement, TransactionMode } from '@libsql/client';

const { createClient } = (await import(process.argv[2] ?? '@libsql/client')) as {
  createClient: typeof CreateClient;
};
let client: Client | undefined;

function opened(): Client {
  if (client === undefined) {
    throw new Error('open first');
  }
  return client;
}

const operations: Record<string, (...args: never[]) => unknown> = {
  open(config: Config) {
    client = createClient(config);
  },
  async sync() {
    await opened().sync();
  },
  async rows(sql: string) {
    const { rows } = await opened().execute(sql);
    return rows.map((row) => Object.values(row));
  },
  async batch(statements: InStatement[], mode: TransactionMode) {
    await opened().batch(statements, mode);
  },
  async transaction(statements: string[], isCommitted: boolean) {
    const transaction = await opened().transaction('write');
    for (const statement of statements) {
      await transaction.execute(statement);
    }
    await (isCommitted ? transaction.commit() : transaction.rollback());
  },
  close() {
    opened().close();
    client = undefined;
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
