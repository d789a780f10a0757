import { expect, test } from 'vitest';

import { signIn } from './browser.ts';
import { callApi } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

const SETTINGS = '/o/skerry/settings';

describeInBrowser('settings of an organization', (stage) => {
  test('a key set with an address that cannot be is refused beside its field, a good one is listed and removed', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, SETTINGS);
    const panel = page.getByRole('region', { name: 'Key sets of other issuers (JWKS)' });
    await panel.getByLabel('Name').fill('clerk');
    await panel.getByLabel('Address of the keys').fill('http://issuer.example/keys');
    await panel.getByRole('button', { name: 'Accept its tokens' }).click();
    await panel.getByRole('alert').getByText('must be an https URL').waitFor();
    await panel.getByLabel('Address of the keys').fill('https://issuer.example/keys');
    await panel.getByRole('button', { name: 'Accept its tokens' }).click();
    await panel.getByRole('cell', { name: 'https://issuer.example/keys' }).waitFor();
    expect(await panel.getByLabel('Name').inputValue()).toBe('');
    await panel.getByRole('button', { name: 'Remove' }).click();
    await panel.getByRole('cell', { name: 'https://issuer.example/keys' }).waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
  });

  test('a deleted database is listed with the time left, and comes back under another name when its own is taken', async () => {
    await callApi(stage.server, 'POST', '/databases', { name: 'shop', group: 'default' });
    await callApi(stage.server, 'DELETE', '/databases/shop');
    await callApi(stage.server, 'POST', '/databases', { name: 'shop', group: 'default' });
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, SETTINGS);
    const panel = page.getByRole('region', { name: 'Deleted databases' });
    await panel.getByRole('row', { name: /shop default just now in [45] days/ }).waitFor();
    await panel.getByRole('button', { name: 'Restore shop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Restore shop' });
    await dialog.getByRole('button', { name: 'Restore database' }).click();
    await dialog.getByRole('alert').getByText('already exists').waitFor();
    await dialog.getByLabel('Name').fill('old-shop');
    await dialog.getByRole('button', { name: 'Restore database' }).click();
    await page.getByText('old-shop is back.').waitFor();
    await panel.getByText('None that can be restored').waitFor();
    await page.goto('/o/skerry/databases/old-shop');
    await page.getByRole('heading', { name: 'old-shop', level: 1 }).waitFor();
    expect(tab.faults).toEqual([]);
  });

  test('the audit log finds what is on none of the pages that are shown, and the address keeps the search', async () => {
    await callApi(stage.server, 'POST', '/databases', { name: 'needle', group: 'default' });
    // More than a page holds.
    for (let count = 0; count < 101; count += 1) {
      await callApi(stage.server, 'POST', '/databases/needle/auth/tokens');
    }
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/audit');
    await page.getByText('Page 1 of 2').waitFor();
    await page.getByLabel('Search in the log').fill('Database needle CREATED');
    await page.getByLabel('Kind of change').selectOption('db-create');
    const rows = page.getByRole('row').filter({ has: page.getByRole('cell') });
    await page.getByText('Page 1 of 2').waitFor({ state: 'detached' });
    expect(await rows.allTextContents()).toEqual([expect.stringContaining('db-createdatabase needle created')]);
    await page.reload();
    await rows.getByText('database needle created').waitFor();
    expect(await rows.count()).toBe(1);
    expect(tab.faults).toEqual([]);
  });
});
