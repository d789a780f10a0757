import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Skerry } from '../acceptance/support/skerry.ts';
import { ensurePageBuild, NO_BROWSER, openBrowser, openTab, PAGE_BUILD, signIn } from './browser.ts';
import { addAtlas, callApi, startWithPage } from './fixtures.ts';

const FIRST_VIEW_MAX_BYTES = 200_000;

const VIEWS = {
  '/o/skerry': 'Groups and locations',
  '/o/skerry/databases/atlas': 'Connect',
  '/o/skerry/databases/atlas/data?table=region_name': 'region_name',
  '/o/skerry/databases/atlas/data?table=region_name&view=schema': 'Foreign keys',
  '/o/skerry/databases/atlas/sql': 'Explain',
  '/o/skerry/databases/atlas/branches': 'New branch',
  '/o/skerry/databases/atlas/settings': 'Configuration',
  '/o/skerry/groups/europe': 'Group token',
  '/o/skerry/members': 'Invite somebody',
  '/o/skerry/tokens': 'Yours',
  '/o/skerry/audit': 'Author',
  '/o/skerry/settings': 'Organization',
  '/o/skerry/account': 'Signed in',
} as const;

test('the first view needs less than 200 kB, compressed', async () => {
  await ensurePageBuild();
  const html = await readFile(path.join(PAGE_BUILD, 'index.html'), 'utf8');
  const named = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file]) => file ?? '');
  const chunks = (await readdir(path.join(PAGE_BUILD, 'assets'))).filter((name) =>
    /^overview-page.*\.(js|css)$/.test(name),
  );
  const files = [...new Set([...named, ...chunks.map((name) => `assets/${name}`)])];
  expect(files.length).toBeGreaterThan(3);
  const sizes = await Promise.all(
    files.map(async (file) => gzipSync(await readFile(path.join(PAGE_BUILD, file)), { level: 9 }).length),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_VIEW_MAX_BYTES);
});

describe.skipIf(NO_BROWSER !== undefined)(
  `every view${NO_BROWSER === undefined ? '' : ` (skipped: ${NO_BROWSER})`}`,
  () => {
    let browser: Browser;
    let server: Skerry;

    beforeAll(async () => {
      server = await startWithPage();
      browser = await openBrowser();
      await addAtlas(server);
      await callApi(server, 'POST', '/groups', { name: 'europe', location: 'aws-eu-west-1' });
    });

    afterAll(async () => {
      await browser.close();
      await server[Symbol.asyncDispose]();
    });

    test.each(['light', 'dark'] as const)(
      'has no serious fault of accessibility in the %s theme, and keeps the policy',
      async (colorScheme) => {
        await using tab = await openTab(browser, server, { colorScheme });
        const { page } = tab;
        const found: string[] = [];
        const check = async (view: string): Promise<void> => {
          const { violations } = await new AxeBuilder({ page }).analyze();
          found.push(
            ...violations
              .filter(({ impact }) => impact === 'serious' || impact === 'critical')
              .map(({ id, nodes }) => `${view}: ${id}: ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`),
          );
        };
        await page.goto('/');
        await page.getByLabel('API token', { exact: true }).waitFor();
        await check('sign-in');
        await signIn(page, server);
        for (const [address, sign] of Object.entries(VIEWS)) {
          await page.goto(address);
          await signOf(page, sign).waitFor();
          await page.waitForLoadState('load');
          await check(address);
        }
        expect(found).toEqual([]);
        expect(tab.faults).toEqual([]);
      },
      240_000,
    );

    test('nothing is wider than a narrow screen', async () => {
      await using tab = await openTab(browser, server, { width: 400 });
      const { page } = tab;
      await signIn(page, server);
      const wide: string[] = [];
      for (const [address, sign] of Object.entries(VIEWS)) {
        await page.goto(address);
        await signOf(page, sign).waitFor();
        if (!(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))) {
          wide.push(address);
        }
      }
      expect(wide).toEqual([]);
    }, 120_000);
  },
);

function signOf(page: Page, sign: string): Locator {
  const view = page.locator('#view');
  return view.getByText(sign).or(view.getByLabel(sign)).first();
}
