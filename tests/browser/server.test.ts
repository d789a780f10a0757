import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { FaultyStore } from '../acceptance/support/object-store.ts';
import { signIn } from './browser.ts';
import { callApi } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

const SERVER = '/o/skerry/server';

describeInBrowser('the server, for its operator', (stage) => {
  test('an account is made with a link that sets its password, and deleted when its name is typed', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, SERVER);
    await page.getByText('databases are on this machine only').waitFor();
    const panel = page.getByRole('region', { name: 'Accounts' });
    const form = page.getByRole('region', { name: 'New account' });
    await form.getByLabel('Username').fill('skerry');
    await form.getByRole('button', { name: 'Make an account' }).click();
    await form.getByRole('alert').getByText('taken').waitFor();
    await form.getByLabel('Username').fill('ann');
    await form.getByRole('button', { name: 'Make an account' }).click();
    await panel.getByRole('row', { name: /^ann none yet/ }).waitFor();
    const link = (await form.locator('.secret code').textContent()) ?? '';
    await panel.getByRole('button', { name: 'New link for ann' }).click();
    await form.locator('.secret code').getByText(link, { exact: true }).waitFor({ state: 'detached' });
    const newest = (await form.locator('.secret code').textContent()) ?? '';
    await panel.getByRole('button', { name: 'Delete ann' }).waitFor();
    await using guest = await stage.tab();
    await guest.page.goto(newest);
    await guest.page.getByLabel('Password').fill('correct horse battery');
    await guest.page.getByRole('button', { name: 'Go on' }).click();
    await guest.page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await guest.page.getByRole('link', { name: 'Server' }).count()).toBe(0);
    await panel.getByRole('button', { name: 'Delete ann' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete ann?' });
    await dialog.getByLabel('Type ann to confirm').fill('ann');
    await dialog.getByRole('button', { name: 'Delete account' }).click();
    await panel.getByRole('row', { name: /^ann / }).waitFor({ state: 'detached' });
    expect(tab.faults).toEqual([]);
  });
});

let folder: string | undefined;
let store: FaultyStore | undefined;

afterAll(async () => {
  await store?.[Symbol.asyncDispose]();
  if (folder !== undefined) {
    await rm(folder, { recursive: true });
  }
});

describeInBrowser(
  'the backup of the server',
  (stage) => {
    test('tells that commits are stored, restores and compares at a click, and says when the store fails', async () => {
      await using tab = await stage.tab();
      const { page } = tab;
      await callApi(stage.server, 'POST', '/databases', { name: 'shop', group: 'default' });
      await signIn(page, stage.server, SERVER);
      const panel = page.getByRole('region', { name: 'Backup off the machine' });
      await panel.getByText('following every commit').waitFor();
      // Its image is stored beside the commits: only then is there something to restore.
      await panel.locator('dt:text-is("Last stored") + dd time').waitFor();
      await panel.getByText('0 databases with commits that are not stored yet').waitFor();
      await panel.getByRole('button', { name: 'Verify now' }).click();
      await panel.getByText('1 database equal in every byte').waitFor();
      if (store !== undefined) {
        store.fault = 'denied';
      }
      await callApi(stage.server, 'POST', '/databases', { name: 'later', group: 'default' });
      await panel.getByText('failing; it goes on trying').waitFor();
      expect(tab.faults).toEqual([]);
    });
  },
  async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'skerry-page-backup-'));
    store = await FaultyStore.start(path.join(folder, 'store'));
    return { args: store.args('page'), environment: store.environment };
  },
);
