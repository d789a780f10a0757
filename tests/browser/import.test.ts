import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { createClient } from '@libsql/client';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Skerry } from '../acceptance/support/skerry.ts';
import { buildAtlas } from '../data/atlas.ts';
import { signIn } from './browser.ts';
import { callApi } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

describeInBrowser('a new database out of a file', (stage) => {
  let folder: string;
  let atlas: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skerry-import-'));
    atlas = path.join(folder, 'atlas.db');
    buildAtlas(atlas);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  test('a SQLite file becomes a database; a part whose connection breaks is sent again', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    let broken = 0;
    await page.route('**/v2/upload/*/chunk/0', async (route) => {
      broken += 1;
      await (broken === 1 ? route.abort('connectionreset') : route.continue());
    });
    await create(page, 'from-file', atlas);
    await page.getByRole('heading', { name: 'from-file', level: 1 }).waitFor();
    expect(broken).toBe(2);
    using original = new DatabaseSync(atlas, { readOnly: true });
    const names = original.prepare('SELECT name FROM currency_name ORDER BY rowid').all();
    expect(names.length).toBeGreaterThan(100);
    expect(await query(stage.server, 'from-file', 'SELECT name FROM currency_name ORDER BY rowid')).toEqual(
      names.map(({ name }) => name),
    );
    expect(tab.faults).toEqual([]);
  });

  test('a file that is refused is told beside it, and leaves no database', async () => {
    const broken = path.join(folder, 'broken.db');
    await writeFile(broken, Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8176, 7)]));
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    const dialog = await create(page, 'from-broken', broken);
    await dialog.getByRole('alert').getByText('the uploaded file cannot be used').waitFor();
    expect(await databaseNames(stage.server)).not.toContain('from-broken');
    await dialog.getByLabel('Content (optional)').setInputFiles(atlas);
    await dialog.getByRole('button', { name: 'Create database' }).click();
    await page.getByRole('heading', { name: 'from-broken', level: 1 }).waitFor();
  });

  test('closing the dialog ends the upload and leaves no database', async () => {
    const large = path.join(folder, 'large.db');
    buildAtlas(large);
    const file = await open(large, 'r+');
    await file.truncate(40_000_000);
    await file.close();
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    const second = Promise.withResolvers<undefined>();
    // The second part stays on its way.
    await page.route('**/v2/upload/*/chunk/1', () => second.resolve(undefined));
    const dialog = await create(page, 'given-up', large);
    await second.promise;
    await dialog.getByText('8.39 MB of 40.0 MB').waitFor();
    const deleted = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect((await deleted).status()).toBe(200);
    expect(await databaseNames(stage.server)).not.toContain('given-up');
  });

  test('a dump becomes a database; one that cannot be loaded tells its line and makes none', async () => {
    const dump = path.join(folder, 'dump.sql');
    await writeFile(dump, dumpOf('INSERT INTO isle VALUES (;'));
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    const dialog = await create(page, 'from-dump', dump);
    await dialog
      .getByRole('alert')
      .getByText(/the dump cannot be loaded: .*line 4/)
      .waitFor();
    expect(await databaseNames(stage.server)).not.toContain('from-dump');
    await writeFile(dump, dumpOf("INSERT INTO isle VALUES('Muckle Flugga');"));
    // No file chosen: the field says so by an event named like the dialog's own.
    await dialog.getByLabel('Content (optional)').dispatchEvent('cancel');
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByLabel('Content (optional)').click();
    await (await chooser).setFiles(dump);
    await dialog.getByRole('button', { name: 'Create database' }).click();
    await page.getByRole('heading', { name: 'from-dump', level: 1 }).waitFor();
    expect(await query(stage.server, 'from-dump', 'SELECT name FROM isle')).toEqual(['Muckle Flugga']);
    expect(tab.faults).toEqual([]);
  });
});

async function create(page: Page, name: string, file: string): Promise<Locator> {
  await page.getByRole('button', { name: 'New database' }).click();
  const dialog = page.getByRole('dialog', { name: 'New database' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Content (optional)').setInputFiles(file);
  await dialog.getByRole('button', { name: 'Create database' }).click();
  return dialog;
}

async function databaseNames(server: Skerry): Promise<string[]> {
  const { databases } = (await callApi(server, 'GET', '/databases')) as { databases: { Name: string }[] };
  return databases.map(({ Name }) => Name);
}

/** The first column, read by the official client. */
async function query(server: Skerry, database: string, sql: string): Promise<unknown[]> {
  const { jwt } = (await callApi(server, 'POST', `/databases/${database}/auth/tokens`)) as { jwt: string };
  const client = createClient({ url: `${server.url}/db/skerry/${database}/`, authToken: jwt });
  try {
    return (await client.execute(sql)).rows.map((row) => row[0]);
  } finally {
    client.close();
  }
}

/** As `sqlite3 .dump` writes it; the statement is on line 4. */
function dumpOf(statement: string): string {
  return `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE isle (name TEXT);\n${statement}\nCOMMIT;\n`;
}
