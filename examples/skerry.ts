/**
 * A database for an example: made through the Platform API with the official SDK, removed at the end.
 *
 * @module
 */
import process from 'node:process';

import { createClient } from '@tursodatabase/api';

export interface ExampleDatabase {
  /** What a libSQL client is given. The slash at the end matters to `@libsql/client`. */
  readonly url: string;
  readonly authToken: string;
}

export async function withDatabase(name: string, use: (database: ExampleDatabase) => Promise<void>): Promise<void> {
  const {
    SKERRY_URL: base = 'http://127.0.0.1:8080',
    SKERRY_API_TOKEN: token = '',
    SKERRY_ORG: org = 'skerry',
  } = process.env;
  const turso = createClient({ org, token, baseUrl: `${base}/v1/` });
  const database = `${name}-${Date.now().toString(36)}`;
  await turso.databases.create(database, { group: 'default' });
  try {
    const { jwt } = await turso.databases.createToken(database);
    // By path, so that it works where *.localhost does not resolve.
    await use({ url: `${base}/db/${org}/${database}/`, authToken: jwt });
  } finally {
    await turso.databases.delete(database);
  }
}
