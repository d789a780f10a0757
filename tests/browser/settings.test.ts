import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Skerry } from '../acceptance/support/skerry.ts';
import { NO_BROWSER, openBrowser, openTab, signIn } from './browser.ts';
import { callApi, startWithPage } from './fixtures.ts';

const SETTINGS = '/o/skerry/settings';

describe.skipIf(NO_BROWSER !== undefined)(
  `settings of an organization${NO_BROWSER === undefined ? '' : ` (skipped: ${NO_BROWSER})`}`,
  () => {
    let browser: Browser;
    let server: Skerry;

    beforeAll(async () => {
      server = await startWithPage();
      browser = await openBrowser();
    });

    afterAll(async () => {
      await browser.close();
      await server[Symbol.asyncDispose]();
    });

    test('a key set with an address that cannot be is refused beside its field, a good one is listed and removed', async () => {
      await using tab = await openTab(browser, server);
      const { page } = tab;
      await signIn(page, server, SETTINGS);
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
      await callApi(server, 'POST', '/databases', { name: 'shop', group: 'default' });
      await callApi(server, 'DELETE', '/databases/shop');
      await callApi(server, 'POST', '/databases', { name: 'shop', group: 'default' });
      await using tab = await openTab(browser, server);
      const { page } = tab;
      await signIn(page, server, SETTINGS);
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
  },
);
