/**
 * The control plane's records. `openStore` makes or migrates them.
 *
 * @module
 */
import type { Kysely } from 'kysely';

import type { Tables } from './tables.ts';

export interface Store {
  /**
   * All SQL goes through here. One connection: inside a transaction use the transaction's handle only, and never wait
   * for anything but the store itself, or every other request waits as well.
   */
  readonly db: Kysely<Tables>;
  close(): Promise<void>;
}

export async function openStore(_options: { readonly dataDir: string }): Promise<Store> {
  return await Promise.reject(new Error('not composed yet'));
}
