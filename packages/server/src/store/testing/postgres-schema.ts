/**
 * A fresh schema in the PostgreSQL server that tests may use: as good as a database of its own, and made at once.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import process from 'node:process';

import { Client } from 'pg';

/** URL of a database in which the user may make schemas. CI starts a server for it (.ci/run). */
export const TEST_POSTGRES_URL = process.env['TEST_POSTGRES_URL'];

export class PostgresSchema {
  /** Of the store in it. */
  readonly url: string;
  readonly #name: string;

  private constructor(name: string, url: string) {
    this.#name = name;
    this.url = url;
  }

  static async create(serverUrl: string): Promise<PostgresSchema> {
    const name = `test_${randomBytes(8).toString('hex')}`;
    await run(serverUrl, `create schema ${name}`);
    const url = new URL(serverUrl);
    url.searchParams.set('options', `-c search_path=${name}`);
    return new PostgresSchema(name, url.href.replaceAll('+', '%20'));
  }

  /** In the test project that runs the control plane's tests on PostgreSQL; undefined in all others. */
  static async ofProject(): Promise<PostgresSchema | undefined> {
    return process.env['TEST_STORE'] === 'postgres' && TEST_POSTGRES_URL !== undefined
      ? await PostgresSchema.create(TEST_POSTGRES_URL)
      : undefined;
  }

  async drop(): Promise<void> {
    await run(this.url, `drop schema ${this.#name} cascade`);
  }
}

async function run(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
