import { beforeAll, expect, test } from 'vitest';

import { signIn } from './browser.ts';
import { addAtlas, callApi } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

describeInBrowser('databases', (stage) => {
  beforeAll(async () => {
    await addAtlas(stage.server);
  });

  test('a database is made, a taken name is refused beside its field, and deletion wants the name typed', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    await page.getByRole('button', { name: 'New database' }).click();
    const dialog = page.getByRole('dialog', { name: 'New database' });
    await dialog.getByLabel('Name').fill('atlas');
    await dialog.getByRole('button', { name: 'Create database' }).click();
    await dialog.getByRole('alert').getByText('already exists').waitFor();
    await dialog.getByLabel('Name').fill('shop');
    await dialog.getByRole('button', { name: 'Create database' }).click();
    await page.getByRole('heading', { name: 'shop', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Settings' }).last().click();
    await page.getByRole('button', { name: 'Delete database' }).click();
    const confirm = page.getByRole('dialog', { name: 'Delete shop?' });
    expect(await confirm.getByRole('button', { name: 'Delete database' }).isDisabled()).toBe(true);
    await confirm.getByLabel('Type shop to confirm').fill('shop');
    await confirm.getByRole('button', { name: 'Delete database' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.getByRole('link', { name: 'shop' }).waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
  });

  test('what others change shows without a reload', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    await page.getByRole('link', { name: /^atlas/ }).waitFor();
    await callApi(stage.server, 'POST', '/databases', { name: 'from-elsewhere', group: 'default' });
    await page.getByRole('link', { name: /from-elsewhere/ }).waitFor();
    await callApi(stage.server, 'DELETE', '/databases/from-elsewhere');
    await page.getByRole('link', { name: /from-elsewhere/ }).waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
  });

  test('the code to connect holds a token that opens this database', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/databases/atlas');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const code = page.getByLabel('Code', { exact: true });
    await code.getByText('eyJ').waitFor();
    const [, url, token] = /url: '([^']+)'[\s\S]*authToken: '([^']+)'/.exec((await code.textContent()) ?? '') ?? [];
    const answer = await fetch(`${url}v2/pipeline`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql: 'SELECT count(*) FROM script' } }] }),
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('"type":"ok"');
  });

  test('a branch is made, and has its place in the tree', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/databases/atlas/branches');
    await page.getByLabel('Name', { exact: true }).fill('atlas-try');
    await page.getByRole('button', { name: 'Create branch' }).click();
    const tree = page.getByRole('region', { name: 'Branches' });
    await tree.getByRole('link', { name: 'atlas-try' }).click();
    await page.getByText('branch of').waitFor();
    expect(await tree.getByRole('listitem').count()).toBe(2);
    expect(tab.faults).toEqual([]);
  });

  test('a database comes back as it was at a time, under another name', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/databases/atlas/branches');
    const slider = page.getByRole('slider', { name: 'Point in time' });
    await slider.press('End');
    await page.getByLabel('Name of the restored database').fill('atlas-then');
    await page.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByRole('heading', { name: 'atlas-then', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Data', exact: true }).click();
    await page.getByRole('link', { name: /^character/ }).waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('a group gets a location, and loses it again', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/groups/default');
    await page.getByLabel('Add a location').selectOption('aws-eu-west-1');
    await page.getByRole('button', { name: 'Add location' }).click();
    await page.getByRole('img', { name: /Ireland.*replica/ }).waitFor();
    const row = page.getByRole('row', { name: /aws-eu-west-1/ });
    await row.getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('button', { name: 'Remove location' }).click();
    await row.waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
  });

  test('an API token is made with the scopes that were ticked, and ended', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/tokens');
    await page.getByRole('button', { name: 'New API token' }).click();
    await page.getByLabel('Name').fill('deploy');
    await page.getByLabel('Counts for').selectOption('group:default');
    await page.getByLabel('db:create').check();
    await page.getByRole('button', { name: 'Make token' }).click();
    const token = await page.locator('.secret code').textContent();
    await page.getByRole('button', { name: 'Done' }).click();
    const asToken = { headers: { authorization: `Bearer ${token}` } };
    expect((await fetch(`${stage.server.url}/v1/organizations/skerry/databases`, asToken)).status).toBe(200);
    expect((await fetch(`${stage.server.url}/v1/organizations/skerry/members`, asToken)).status).toBe(403);
    await page
      .getByRole('row', { name: /deploy/ })
      .first()
      .getByRole('button', { name: 'End' })
      .click();
    await page.getByRole('button', { name: 'End token' }).click();
    await page.getByText('The token has ended.').waitFor();
    expect((await fetch(`${stage.server.url}/v1/organizations/skerry/databases`, asToken)).status).toBe(401);
  });
});
