import { readFile } from 'node:fs/promises';

import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';

import { signIn } from './browser.ts';
import { addAtlas, callApi } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

const DATA = '/o/skerry/databases/atlas/data';
const SQL = '/o/skerry/databases/atlas/sql';

describeInBrowser('data and SQL', (stage) => {
  beforeAll(async () => {
    await addAtlas(stage.server);
  });

  test('rows are filtered and sorted, and the address keeps how', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, `${DATA}?table=currency`);
    await page.getByLabel('Column to filter by').selectOption('name');
    await page.getByLabel('Comparison').selectOption('contains');
    await page.getByLabel('Value to compare with').fill('Dollar');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    await page.getByRole('button', { name: /^name/ }).click();
    await page.getByRole('button', { name: /^name/ }).click();
    await page.getByRole('columnheader', { name: /^name/ }).and(page.locator('[aria-sort=descending]')).waitFor();
    const before = await cell(page, 1, 1);
    expect(before).toContain('Dollar');
    await page.reload();
    expect(await cell(page, 1, 1)).toBe(before);
    expect(tab.faults).toEqual([]);
  });

  test('an edit shows its SQL, is written by Commit alone, and a refused one changes nothing', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, `${DATA}?table=script`);
    const first = await cell(page, 1, 1);
    const edit = async (text: string): Promise<void> => {
      await page.locator('[role=row][aria-rowindex="2"] [role=gridcell]').nth(1).dblclick();
      await page.getByRole('textbox', { name: 'name, row 1' }).fill(text);
      await page.keyboard.press('Enter');
    };
    await edit("Ma'am");
    const preview = page.getByLabel('SQL that will run in one transaction');
    expect(await preview.textContent()).toContain(`UPDATE "script" SET "name" = 'Ma''am' WHERE "code" IS`);
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await cell(page, 1, 1)).toBe(first);
    await edit("Ma'am");
    await page.getByRole('button', { name: 'Commit' }).click();
    await page.getByText('Committed: 1 rows.').waitFor();
    await page.reload();
    expect(await cell(page, 1, 1)).toBe("Ma'am");
    await page.locator('[role=row][aria-rowindex="2"] [role=gridcell]').nth(1).dblclick();
    await page.getByRole('textbox', { name: 'name, row 1' }).press('Control+0');
    await page.getByRole('button', { name: 'Commit' }).click();
    await page.getByText(/Nothing was written: .*NOT NULL/).waitFor();
    await page.getByRole('button', { name: 'Discard' }).click();
    expect(await cell(page, 1, 1)).toBe("Ma'am");
    expect(tab.faults).toEqual([]);
  });

  test('a million rows scroll to their end', async () => {
    await callApi(stage.server, 'POST', '/databases', { name: 'big', group: 'default' });
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/databases/big/sql');
    await run(
      page,
      'CREATE TABLE n (id INTEGER PRIMARY KEY, square INTEGER); INSERT INTO n SELECT value, value * value FROM generate_series(1, 1000000)',
    );
    const failed = page.getByRole('alert');
    if (await failed.isVisible().catch(() => false)) {
      await run(
        page,
        'WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1000000) INSERT INTO n SELECT i, i * i FROM c',
      );
    }
    await page.getByText('1,000,000 rows changed').waitFor();
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    const grid = page.getByRole('grid');
    await grid.and(page.locator('[aria-rowcount="1000001"]')).waitFor();
    await grid.evaluate((element) => {
      element.scrollTop = element.scrollHeight;
    });
    await page.getByText('1000000000000', { exact: true }).waitFor();
    expect(await page.locator('[role=row]').count()).toBeLessThan(100);
    expect(tab.faults).toEqual([]);
  });

  test('several statements run, each with its result, and an error stops them where it is', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, SQL);
    await run(page, "SELECT code, name FROM script WHERE code = 'Latn'; SELECT * FROM nowhere; SELECT 3");
    expect(await page.locator('.outcome').count()).toBe(2);
    await page.getByRole('cell', { name: 'Latin', exact: true }).waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('no such table: nowhere');
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    expect(await readFile(await file.path(), 'utf8')).toBe('code,name\r\nLatn,Latin\r\n');
    expect(tab.faults).toEqual([]);
  });

  test('a plan is a tree that marks scans, and a transaction spans several runs', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, SQL);
    await write(page, "SELECT * FROM character WHERE uppercase = 'A'");
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByText('reads the whole table').waitFor();
    await run(page, 'BEGIN; DELETE FROM unit; SELECT count(*) AS left_over FROM unit');
    await page.getByText('transaction open').waitFor();
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('transaction open').waitFor({ state: 'detached' });
    await run(page, 'SELECT count(*) > 0 AS is_back FROM unit');
    expect(await page.locator('.outcome-rows td').first().textContent()).toBe('1');
    expect(tab.faults).toEqual([]);
  });
});

async function cell(page: Page, row: number, column: number): Promise<string> {
  const found = page.locator(`[role=row][aria-rowindex="${row + 1}"] [role=gridcell]`).nth(column);
  await found.filter({ hasText: /./ }).waitFor();
  return (await found.textContent()) ?? '';
}

/** As somebody does who types over everything. */
async function write(page: Page, sql: string): Promise<void> {
  await page.getByRole('textbox', { name: 'SQL' }).press('Control+a');
  await page.keyboard.insertText(sql);
}

async function run(page: Page, sql: string): Promise<void> {
  await write(page, sql);
  await page.keyboard.press('Control+Enter');
  await page.locator('.outcome').first().waitFor();
  await page.getByRole('button', { name: 'Run', exact: true }).and(page.locator(':enabled')).waitFor();
}
