/**
 * Embedded replicas of databases on libSQL's own server, through the gateway: its gRPC services as gRPC-web. Run where
 * SQLD_PATH names its program; older clients where they are installed (see older.test.ts).
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import {
  apiOf,
  createDatabase,
  httpClient,
  ORGANIZATION,
  type TestDatabase,
} from '../../acceptance/support/clients.ts';
import { eventually } from '../../acceptance/support/eventually.ts';
import { type Skerry, startSkerry } from '../../acceptance/support/skerry.ts';
import { SQLD_PATH } from '../../acceptance/support/sqld-process.ts';
import { isInstalled } from './installed.ts';
import { RemoteClient } from './remote-control.ts';

const CLIENTS = ['@libsql/client', 'libsql-client-0.14', 'libsql-client-0.6'];

let server: Skerry;

async function newCopy(client: string, { name, token }: TestDatabase, location = ''): Promise<RemoteClient> {
  const folder = mkdtempSync(path.join(tmpdir(), 'skerry-embedded-'));
  const copy = new RemoteClient('child.ts', client);
  onTestFinished(() => {
    copy[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  const syncUrl = `${server.url}/db/${ORGANIZATION}/${name}${location}`;
  await copy.ask('open', { url: `file:${path.join(folder, 'copy.db')}`, syncUrl, authToken: token });
  return copy;
}

describe.skipIf(SQLD_PATH === undefined)('on an sqld server (SQLD_PATH)', () => {
  beforeAll(async () => {
    const args = [
      '--engine',
      'sqld',
      '--sqld',
      SQLD_PATH ?? '',
      '--location',
      'fra=Frankfurt',
      '--location',
      'ams=Amsterdam',
    ];
    server = await startSkerry({ args });
    await apiOf(server).groups.addLocation('default', 'ams');
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  describe.each(CLIENTS)('%s', (client) => {
    const label = client.replaceAll(/\W+/g, '-').replace(/^-/, '');

    test.skipIf(!isInstalled(client))('copies, follows, and writes through the server', async () => {
      const database = await createDatabase(apiOf(server), `${label}-copy`);
      using remote = httpClient(database);
      await remote.batch(['CREATE TABLE t (a, b)', 'INSERT INTO t (a) VALUES (1), (2)'], 'write');
      const copy = await newCopy(client, database);
      await copy.ask('sync');
      expect(await copy.ask('rows', 'SELECT a FROM t')).toEqual([[1], [2]]);
      for (let round = 0; round < 3; round += 1) {
        await remote.execute(
          `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1500)
           SELECT i, randomblob(900) FROM n`,
        );
        await copy.ask('sync');
      }
      await copy.ask('rows', "INSERT INTO t VALUES (3, 'mine')");
      await copy.ask('transaction', ["INSERT INTO t VALUES (4, 'mine')"], true);
      await copy.ask('transaction', ["INSERT INTO t VALUES (5, 'mine')"], false);
      await copy.ask('sync');
      expect(await copy.ask('rows', "SELECT count(*) FROM t WHERE b = 'mine'")).toEqual([[2]]);
      expect(await copy.ask('rows', 'SELECT count(*) FROM t')).toEqual([[4504]]);
      expect(await copy.ask('rows', 'PRAGMA integrity_check')).toEqual([['ok']]);
      expect((await remote.execute("SELECT count(*) FROM t WHERE b = 'mine'")).rows[0]?.[0]).toBe(2n);
    });

    test.skipIf(!isInstalled(client))(
      'a token of another database gets no copy, and a read-only one no write',
      async () => {
        const database = await createDatabase(apiOf(server), `${label}-rights`);
        const other = await createDatabase(apiOf(server), `${label}-other`);
        using remote = httpClient(database);
        await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
        // Newer clients ask when they open, older ones when they sync.
        const strange = newCopy(client, { ...database, token: other.token }).then(
          async (copy) => await copy.ask('sync'),
        );
        await expect(strange).rejects.toThrow(/sync error|handshake/i);
        const { jwt } = await apiOf(server).databases.createToken(database.name, { authorization: 'read-only' });
        const reader = await newCopy(client, { ...database, token: jwt });
        await reader.ask('sync');
        expect(await reader.ask('rows', 'SELECT a FROM t')).toEqual([[1]]);
        await expect(reader.ask('rows', 'INSERT INTO t VALUES (2)')).rejects.toThrow(
          /not authorized|not allowed|forbidden|denied|Unauthorized|blocked/i,
        );
        expect((await remote.execute('SELECT count(*) FROM t')).rows[0]?.[0]).toBe(1n);
      },
    );

    test.skipIf(!isInstalled(client))('copies from a replica, and writes through it to the primary', async () => {
      const database = await createDatabase(apiOf(server), `${label}-replica`);
      using remote = httpClient(database);
      await remote.batch(['CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)'], 'write');
      const copy = await newCopy(client, database, '@ams');
      await copy.ask('sync');
      await copy.ask('rows', 'INSERT INTO t VALUES (2)');
      expect((await remote.execute('SELECT count(*) FROM t')).rows[0]?.[0]).toBe(2n);
      await eventually(async () => {
        await copy.ask('sync');
        expect(await copy.ask('rows', 'SELECT count(*) FROM t')).toEqual([[2]]);
      });
    });
  });
});
