/**
 * A real browser on a running Skerry, signed in or not, that notes whatever it should not have seen.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

import { type Browser, chromium, type Page } from 'playwright-core';

import type { Skerry } from '../acceptance/support/skerry.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const ROOT = path.resolve(import.meta.dirname, '../..');
export const PAGE_BUILD = path.join(ROOT, 'packages/dashboard/dist');

/** Of one step in a browser: a guard against waiting for ever, which a busy machine must not meet. */
const STEP_TIMEOUT_MS = 120_000;

/** Why tests with a browser cannot run here; undefined when they can. */
export const NO_BROWSER =
  CHROMIUM === undefined ? 'no Chromium on this machine (Debian: apt-get install chromium)' : undefined;

/** Makes the page's build where an install with --ignore-scripts left it out. Call before the server starts. */
export async function ensurePageBuild(): Promise<void> {
  if (!existsSync(path.join(PAGE_BUILD, 'index.html'))) {
    await promisify(execFile)(process.execPath, [path.join(ROOT, 'packages/dashboard/scripts/prepare.mjs')]);
  }
}

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Tab extends AsyncDisposable {
  readonly page: Page;
  /** Requests to other addresses than the server's, refusals of the page's policy, errors that nobody caught. */
  readonly faults: readonly string[];
}

export interface TabOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
}

/** A tab with a session of its own, on nothing yet. */
export async function openTab(browser: Browser, server: Skerry, options: TabOptions = {}): Promise<Tab> {
  const context = await browser.newContext({
    baseURL: server.url,
    colorScheme: options.colorScheme ?? 'light',
    viewport: { width: options.width ?? 1280, height: 860 },
    acceptDownloads: true,
  });
  context.setDefaultTimeout(STEP_TIMEOUT_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) {
      faults.push(message.text());
    }
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !/^(data|blob):/.test(request.url())) {
      faults.push(`request to ${request.url()}`);
    }
  });
  return {
    page,
    faults,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

/** Signs in with the API token and ends on the address. */
export async function signIn(page: Page, server: Skerry, address = '/'): Promise<void> {
  await page.goto(address);
  await page.getByLabel('API token', { exact: true }).fill(server.apiToken);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('#view').waitFor();
}
