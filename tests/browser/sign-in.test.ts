import { describe, expect, test } from 'vitest';

import { NO_BROWSER, openBrowser, openTab, signIn } from './browser.ts';
import { startWithPage } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

describeInBrowser('signing in', (stage) => {
  test('a wrong token is refused where it was typed, the right one leads to the overview', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await page.goto('/');
    await page.getByLabel('API token', { exact: true }).fill('skerry_wrong');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('This is no valid API token.').waitFor();
    await page.getByLabel('API token', { exact: true }).fill(stage.server.apiToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/o/skerry');
    expect(tab.faults).toEqual([]);
  });

  test('a reload keeps the session, and no script can read what it is held by', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const readable = String(
      await page.evaluate('JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])'),
    );
    expect(readable).not.toContain(stage.server.apiToken);
    expect(readable).not.toContain('skerry_');
    expect(await page.evaluate('document.cookie')).toBe('');
  });

  test('signing out ends the session, and going back does not bring it back', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server);
    await page.getByRole('button', { name: 'You and this page' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in to Skerry' }).waitFor();
    await page.goto('/o/skerry/members');
    await page.getByRole('heading', { name: 'Sign in to Skerry' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });

  test('a session that ended elsewhere leads to the sign-in, and from there back to the place', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/o/skerry/tokens');
    await page.getByRole('heading', { name: 'API tokens' }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByText('Your session has ended.').waitFor();
    await page.getByLabel('API token', { exact: true }).fill(stage.server.apiToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Audit log' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/o/skerry/audit');
  });

  test('a link with an address of another site leads nowhere else', async () => {
    await using tab = await stage.tab();
    const { page } = tab;
    await signIn(page, stage.server, '/sign-in?next=//example.com/');
    expect(new URL(page.url()).origin).toBe(stage.server.url);
  });

  test('the navigation works on a narrow screen and by keyboard alone', async () => {
    await using tab = await stage.tab({ width: 400 });
    const { page } = tab;
    await signIn(page, stage.server);
    await page.getByRole('button', { name: 'Navigation' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Members' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Members', level: 1 }).waitFor();
    expect(await page.getByRole('link', { name: 'Members' }).isVisible()).toBe(false);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});

describe.skipIf(NO_BROWSER !== undefined)('a server that goes away', () => {
  test('is told, and the page goes on by itself when the server is back', async () => {
    const first = await startWithPage();
    const browser = await openBrowser();
    try {
      await using tab = await openTab(browser, first);
      const { page } = tab;
      await signIn(page, first);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      await first.kill();
      await page.getByRole('link', { name: 'Members' }).click();
      await page.getByText('The server does not answer').first().waitFor();
      const { port } = new URL(first.url);
      await using _ = await startWithPage({ dataDir: first.dataDir, args: ['--listen', `127.0.0.1:${port}`] });
      await page.getByRole('table').getByText('skerry', { exact: false }).first().waitFor();
      await page.getByText('The server does not answer').first().waitFor({ state: 'detached' });
      expect(await page.getByRole('heading', { name: 'Members', level: 1 }).isVisible()).toBe(true);
    } finally {
      await browser.close();
      await first[Symbol.asyncDispose]();
    }
  });
});
