/**
 * A browser in front of a server of its own, for one file of tests.
 *
 * @module
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';

import type { Skerry, StartOptions } from '../acceptance/support/skerry.ts';
import { NO_BROWSER, openBrowser, openTab, type Tab, type TabOptions } from './browser.ts';
import { startWithPage } from './fixtures.ts';

export class Stage {
  #browser: Browser | undefined;
  #server: Skerry | undefined;

  get server(): Skerry {
    return started(this.#server);
  }

  async open(options: StartOptions): Promise<void> {
    this.#server = await startWithPage(options);
    this.#browser = await openBrowser();
  }

  /** A tab with a session of its own, on nothing yet. */
  async tab(options: TabOptions = {}): Promise<Tab> {
    return await openTab(started(this.#browser), this.server, options);
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    await this.#server?.[Symbol.asyncDispose]();
  }
}

/**
 * Tests in a browser; where there is none they are skipped, and the name says why.
 *
 * @param prepare what the server needs before it starts
 */
export function describeInBrowser(
  name: string,
  tests: (stage: Stage) => void,
  prepare: () => Promise<StartOptions> = async () => await Promise.resolve({}),
): void {
  describe.skipIf(NO_BROWSER !== undefined)(
    `${name}${NO_BROWSER === undefined ? '' : ` (skipped: ${NO_BROWSER})`}`,
    () => {
      const stage = new Stage();
      beforeAll(async () => await stage.open(await prepare()));
      afterAll(async () => await stage.close());
      tests(stage);
    },
  );
}

function started<T>(part: T | undefined): T {
  if (part === undefined) {
    throw new Error('a test asked for the stage before it was open');
  }
  return part;
}
