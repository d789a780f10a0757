/**
 * The official Turso CLI, command by command, against a server that it is pointed to. Runs when TURSO_CLI_PATH names the
 * program, which npm does not have.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { type ForwardProxy, startForwardProxy } from './cli/forward-proxy.ts';
import { Turso } from './cli/turso.ts';

const PROGRAM = process.env['TURSO_CLI_PATH'];
const PASSWORD = 'correct horse battery';

/** A command line, what it prints, and, where it asks, what is typed. */
type Step = readonly [line: string, prints: RegExp, options?: { readonly code?: number; readonly typed?: string }];

const STEPS: readonly Step[] = [
  ['auth whoami', /^skerry$/m],
  ['auth token', /^skerry_[\w-]{43}$/m],
  ['auth api-tokens mint ci', /^skerry_[\w-]{43}$/m],
  ['auth api-tokens mint scoped --org skerry --group default --scope read', /^skerry_[\w-]{43}$/m],
  ['auth api-tokens list', /scoped +skerry\/default|scoped .*read/],
  ['auth api-tokens revoke ci', /successfully revoked/, { typed: 'y\n' }],
  ['plan show', /Plan: self-hosted[^]*databases +0 +Unlimited/],
  ['group create eu --location local --wait', /Created group eu at local/],
  ['group list', /eu +local \(primary\)/],
  ['group show eu', /Status: +Healthy/],
  ['group config delete-protection enable eu', /^$/],
  ['group destroy eu --yes', /group eu is delete-protected/, { code: 1 }],
  ['group config delete-protection disable eu', /^$/],
  ['group rename eu eu2', /renamed/i, { typed: 'y\n' }],
  ['group locations add default aws-eu-west-1', /replicated to aws-eu-west-1/],
  ['group locations list default', /local \(primary\).*aws-eu-west-1|aws-eu-west-1/],
  ['group locations remove default aws-eu-west-1', /removed/i],
  ['group aws-migration info default', /not started/],
  ['group unarchive default', /Unarchived group default/],
  ['db create shop --group default --wait', /Created database shop at group default/],
  ['db create shop --group default', /already exists/, { code: 1 }],
  ['db list', /shop +SQLite +default +libsql:\/\/shop-skerry\.localhost/],
  ['db show shop', /Group: +default[^]*local +primary +local/],
  ['db show shop --url', /^libsql:\/\/shop-skerry\.localhost:\d+$/m],
  ['db show shop --http-url', /^http:\/\/shop-skerry\.localhost:\d+$/m],
  ['db show shop --instance-urls', /libsql:\/\/local--shop-skerry\.localhost/],
  ["db shell shop|CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 'x'), (2, 'y')", /^$/],
  ['db shell shop|SELECT * FROM t', /1 +x *\n *2 +y/],
  ['db shell shop|.tables', /^t *$/m],
  ['db shell shop|.dump', /INSERT INTO "?t"? VALUES\(1,'x'\)/],
  ['db create copy --from-db shop --group default', /Created database copy/],
  ['db branch shop branched', /Created database branched/],
  ['db show shop --branches', /branched/],
  ['db shell copy|SELECT count(*) AS n FROM t', /^2 *$/m],
  ['db create from-file --from-file file.db --group default', /Created database from-file/],
  ['db shell from-file|SELECT z FROM u', /^7 *$/m],
  ['db create from-dump --from-dump file.sql --group default', /Created database from-dump/],
  ['db shell from-dump|SELECT z FROM u', /^7 *$/m],
  ['db create from-csv --from-csv file.csv --csv-table-name people --group default', /Created database from-csv/],
  ['db shell from-csv|SELECT name FROM people WHERE id = 2', /^bob *$/m],
  ['db export shop --output-file exported.db', /Exported database/],
  ['db tokens create shop --expiration 1d --read-only', /^ey[\w-]+\.[\w-]+\.[\w-]+$/m],
  ['db tokens create shop -p all:data_read', /^ey[\w-]+\.[\w-]+\.[\w-]+$/m],
  ['db tokens invalidate shop --yes', /Tokens invalidated successfully/],
  ['group tokens create default', /^ey[\w-]+\.[\w-]+\.[\w-]+$/m],
  ['group tokens invalidate default --yes', /Tokens invalidated successfully/],
  ['db inspect shop', /Number of rows written: 2/],
  ['db inspect shop --queries', /INSERT INTO t VALUES/i],
  ['db config delete-protection enable shop', /^$/],
  ['db config delete-protection show shop', /on/],
  ['db destroy shop --yes', /database shop is delete-protected/, { code: 1 }],
  ['db config delete-protection disable shop', /^$/],
  ['db config attach allow shop', /deprecated/],
  ['db config attach show shop', /Attach allowed/i],
  ['db unarchive shop', /Unarchived database shop/],
  ['db destroy copy --yes', /Destroyed database copy/],
  ['org create team', /Created organization team|team/, { typed: 'y\n'.repeat(10_000) }],
  ['org list', /team +team/],
  ['org switch team', /team/],
  ['org members list', /skerry +owner/],
  ['org members add nobody', /could not find user nobody/, { code: 1 }],
  ['org invites create ada@example.org', /invited|created|ada@example\.org/i],
  ['org invites list', /ada@example\.org/],
  ['org invites remove ada@example.org', /ada@example\.org/],
  ['org audit-logs list', /org-create +cli/],
  ['org jwks list', /NAME +URL/],
  ['org invoice list', /./],
  ['org switch skerry', /Current organization set to skerry/],
  ['group transfer eu2 team', /transfered successfully/, { typed: 'y\n' }],
  ['org db-transfer branched team', /./, { typed: 'y\n' }],
  ['org destroy team', /still has 1 databases/, { code: 1, typed: 'y\n' }],
  ['db destroy shop --yes', /Destroyed database shop/],
];

describe.skipIf(PROGRAM === undefined)('the official CLI (skipped unless TURSO_CLI_PATH names the program)', () => {
  let server: Skerry;
  let proxy: ForwardProxy;
  let turso: Turso;

  beforeAll(async () => {
    server = await startSkerry();
    proxy = await startForwardProxy();
    turso = new Turso(PROGRAM ?? '', server.url, proxy.url);
    writeFileSync(path.join(turso.folder, 'file.csv'), 'id,name\n1,ada\n2,bob\n');
    const sql = 'PRAGMA journal_mode = WAL; CREATE TABLE u (z); INSERT INTO u VALUES (7);';
    spawnSync('sqlite3', ['file.db', sql], { cwd: turso.folder });
    const { stdout } = spawnSync('sqlite3', ['file.db', '.dump'], { cwd: turso.folder });
    writeFileSync(path.join(turso.folder, 'file.sql'), stdout);
    await turso.run(['config', 'set', 'autoupdate', 'off']);
    await fetch(`${server.url}/v1/auth/password`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiToken}` },
      body: JSON.stringify({ new_password: PASSWORD }),
    });
  });

  afterAll(async () => {
    turso[Symbol.dispose]();
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  async function allow(url: URL): Promise<Response> {
    const page = await fetch(url);
    const fields = { ...Object.fromEntries(url.searchParams), username: 'skerry', password: PASSWORD };
    return await fetch(new URL('/auth/cli', page.url), {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: server.url },
      body: new URLSearchParams(fields),
    });
  }

  test('login --headless shows an address whose page gives a token that the CLI takes', async () => {
    const { text } = await turso.run(['auth', 'login', '--headless']);
    const page = await allow(new URL(/http:\S+/.exec(text)?.[0] ?? ''));
    const [token = ''] = /skerry_[\w-]{43}/.exec(await page.text()) ?? [];
    expect((await turso.run(['config', 'set', 'token', token])).code).toBe(0);
    expect((await turso.run(['auth', 'whoami'])).text).toMatch(/^skerry$/m);
    expect((await turso.run(['auth', 'logout'])).text).toContain('Logged out');
  });

  test('login opens the browser, and the page sends the CLI its token', async () => {
    let answered: Promise<Response> | undefined;
    const { code, text } = await turso.run(['auth', 'login'], '', (soFar) => {
      const [, url] = /opened (http:\S+)/.exec(soFar) ?? [];
      if (url !== undefined) {
        answered ??= allow(new URL(url)).then(async (page) => await fetch(page.headers.get('location') ?? ''));
      }
    });
    expect((await answered)?.status).toBe(200);
    expect(text).toContain('Success! Logged in as skerry');
    expect(code).toBe(0);
  });

  test.each(STEPS.map((step) => [step[0], step] as const))('%s', async (line, step) => {
    const [, prints, { code = 0, typed = '' } = {}] = step;
    // After the bar, one argument with spaces.
    const [words = '', statement] = line.split('|');
    const args = [...words.split(' '), ...(statement === undefined ? [] : [statement])];
    const outcome = await turso.run(args, typed);
    expect(outcome.text.trim()).toMatch(prints);
    expect({ line, code: outcome.code }).toEqual({ line, code });
  });

  test('db locations asks an address of Turso that is part of the program, and lists ours only when it answers', async () => {
    const { code, text } = await turso.run(['db', 'locations']);
    expect(text).toMatch(code === 0 ? /local/ : /region\.turso\.io/);
  });

  test('what db export wrote is the database, as sqlite3 reads it', () => {
    const { stdout } = spawnSync('sqlite3', ['exported.db', 'SELECT a || b FROM t; PRAGMA integrity_check'], {
      cwd: turso.folder,
      encoding: 'utf8',
    });
    expect(stdout).toBe('1x\n2y\nok\n');
  });

  test('logout --all ends every token and session', async () => {
    expect((await turso.run(['auth', 'logout', '--all'])).code).toBe(0);
    const answer = await fetch(`${server.url}/v1/user`, { headers: { authorization: `Bearer ${server.apiToken}` } });
    expect(answer.status).toBe(401);
  });
});
