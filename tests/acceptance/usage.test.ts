/**
 * What `@tursodatabase/api` tells of a database's usage, against what `@libsql/client` did: the numbers are those of the
 * statements, per instance, and they outlive a restart.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, test, vi } from 'vitest';

import { apiOf, createDatabase, httpClient } from './support/clients.ts';
import { startSkerry } from './support/skerry.ts';

const ROWS = 250;

/** On a machine that may be busy. */
test('rows read and written are those of the statements, in the instance that ran them, also after a restart', async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-usage-'));
  {
    await using server = await startSkerry({ dataDir });
    const database = await createDatabase(apiOf(server), 'counted');
    using client = httpClient(database);
    await client.execute('CREATE TABLE t (n INTEGER)');
    await client.batch(
      Array.from({ length: ROWS }, (_, n) => ({ sql: 'INSERT INTO t VALUES (?)', args: [n] })),
      'write',
    );
    // Hosts tell what they counted now and then.
    const usage = async () => await apiOf(server).databases.usage('counted');
    await vi.waitUntil(async () => (await usage()).usage.rows_written >= ROWS, { timeout: 120_000 });
    const before = await usage();
    expect(before.usage.rows_written - ROWS).toBeLessThanOrEqual(2);
    for (let scan = 0; scan < 3; scan += 1) {
      await client.execute('SELECT * FROM t');
    }
    const expected = before.usage.rows_read + 3 * ROWS;
    await vi.waitUntil(async () => (await usage()).usage.rows_read >= expected, { timeout: 120_000 });
    const after = await usage();
    expect(after.usage.rows_read - before.usage.rows_read).toBe(3 * ROWS);
    expect(after.instances.map(({ usage }) => usage.rows_read)).toEqual([after.usage.rows_read]);
    await server.stop();
  }
  await using again = await startSkerry({ dataDir });
  const kept = await apiOf(again).databases.usage('counted');
  expect(kept.usage.rows_read).toBeGreaterThanOrEqual(3 * ROWS);
  expect(kept.usage.rows_written).toBeGreaterThanOrEqual(ROWS);
  expect(kept.usage.storage_bytes).toBeGreaterThan(0);
  await rm(dataDir, { recursive: true });
});
