/**
 * What the server wants to know again when a browser comes back, in that browser's cookie: encrypted with a key that is in
 * the records. So any process that shares them can go on where another has begun, and nothing waits in memory.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { Kysely } from 'kysely';

import type { Tables } from '../../store/tables.ts';

const KEY = 'cookie_key';
const ENCRYPTION = 'A256GCM';

export class SealedCookie {
  readonly #db: Kysely<Tables>;
  readonly #now: () => number;

  constructor(db: Kysely<Tables>, now: () => number) {
    this.#db = db;
    this.#now = now;
  }

  /** @param facts plain data */
  async seal(facts: Readonly<Record<string, unknown>>, lifetimeMs: number): Promise<string> {
    return await new EncryptJWT({ facts })
      .setProtectedHeader({ alg: 'dir', enc: ENCRYPTION })
      .setExpirationTime(new Date(this.#now() + lifetimeMs))
      .encrypt(await this.#key());
  }

  /** Undefined when it is not from here, or too old. */
  async open(sealed: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    try {
      const { payload } = await jwtDecrypt<{ facts: Record<string, unknown> }>(sealed, await this.#key(), {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: [ENCRYPTION],
        currentDate: new Date(this.#now()),
      });
      return payload.facts;
    } catch (error) {
      if (error instanceof errors.JOSEError) {
        return undefined;
      }
      throw error;
    }
  }

  /** Made by the first that needs it. */
  async #key(): Promise<Uint8Array> {
    const known = await this.#read();
    if (known !== undefined) {
      return known;
    }
    await this.#db
      .insertInto('settings')
      .values({ name: KEY, value: randomBytes(32).toString('base64') })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .execute();
    return (await this.#read()) ?? (await this.#key());
  }

  async #read(): Promise<Uint8Array | undefined> {
    const row = await this.#db.selectFrom('settings').where('name', '=', KEY).select('value').executeTakeFirst();
    return row === undefined ? undefined : Buffer.from(row.value, 'base64');
  }
}
