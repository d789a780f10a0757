/**
 * Older versions of `@libsql/client` with `syncUrl`, which know nothing but version 1 of the protocol.
 * `npm i --no-save libsql-client-0.6@npm:@libsql/client@0.6.2 libsql-client-0.14@npm:@libsql/client@0.14.0` brings them, and
 * without it these tests are skipped.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { apiOf, createDatabase, httpClient, ORGANIZATION } from '../../acceptance/support/clients.ts';
import { startSkerry } from '../../acceptance/support/skerry.ts';
import { isInstalled } from './installed.ts';
import { onlyVersion1 } from './only-version-1.ts';
import { RemoteClient } from './remote-control.ts';

describe.each(['libsql-client-0.6', 'libsql-client-0.14'])('%s (skipped where it is not installed)', (name) => {
  test.skipIf(!isInstalled(name))('copies, follows through checkpoints, and writes through the server', async () => {
    await using server = await startSkerry();
    const database = await createDatabase(apiOf(server), 'old');
    using remote = httpClient(database);
    await remote.batch(['CREATE TABLE t (a, b)', 'INSERT INTO t (a) VALUES (1), (2)'], 'write');
    const folder = mkdtempSync(path.join(tmpdir(), 'skerry-embedded-'));
    const client = new RemoteClient('child.ts', name);
    onTestFinished(() => {
      client[Symbol.dispose]();
      rmSync(folder, { recursive: true, force: true });
    });
    // Only to see what the client asks for.
    using seen = await onlyVersion1(server.url);
    const base = `/db/${ORGANIZATION}/${database.name}`;
    const url = `file:${path.join(folder, 'copy.db')}`;
    await client.ask('open', { url, syncUrl: `${seen.url}${base}`, authToken: database.token });
    await client.ask('sync');
    expect(await client.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2]]);
    for (let round = 0; round < 4; round += 1) {
      await remote.execute(
        `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500)
         SELECT i, randomblob(900) FROM n`,
      );
      await client.ask('sync');
    }
    await client.ask('rows', "INSERT INTO t VALUES (3, 'mine')");
    expect(await client.ask('rows', "SELECT a FROM t WHERE b = 'mine'")).toEqual([[3]]);
    await client.ask('transaction', ["INSERT INTO t VALUES (4, 'mine')"], true);
    await client.ask('transaction', ["INSERT INTO t VALUES (5, 'mine')"], false);
    expect(await client.ask('rows', 'SELECT count(*), sum(length(b)) FROM t')).toEqual([[6004, 5_400_008]]);
    expect(await client.ask('rows', 'PRAGMA integrity_check')).toEqual([['ok']]);
    expect((await remote.execute("SELECT count(*) FROM t WHERE b = 'mine'")).rows[0]?.[0]).toBe(2n);
    expect([...seen.paths]).toContain(`${base}/wal_log.ReplicationLog/BatchLogEntries`);
  });
});
