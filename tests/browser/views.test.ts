import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';

import { ensurePageBuild, PAGE_BUILD, signIn } from './browser.ts';
import { addAtlas, callApi } from './fixtures.ts';
import { describeInBrowser } from './stage.ts';

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
  '/o/skerry/server': 'Accounts',
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

describeInBrowser('every view', (stage) => {
  beforeAll(async () => {
    await addAtlas(stage.server);
    await callApi(stage.server, 'POST', '/groups', { name: 'europe', location: 'aws-eu-west-1' });
  });

  test.each(['light', 'dark'] as const)(
    'has no serious fault of accessibility in the %s theme, and keeps the policy',
    async (colorScheme) => {
      await using tab = await stage.tab({ colorScheme });
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
      await signIn(page, stage.server);
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
    await using tab = await stage.tab({ width: 400 });
    const { page } = tab;
    await signIn(page, stage.server);
    const wide: string[] = [];
    for (const [address, sign] of Object.entries(VIEWS)) {
      await page.goto(address);
      await signOf(page, sign).waitFor();
      if (!(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'))) {
        wide.push(address);
      }
    }
    expect(wide).toEqual([]);
  });
});

function signOf(page: Page, sign: string): Locator {
  const view = page.locator('#view');
  return view.getByText(sign).or(view.getByLabel(sign)).first();
}
