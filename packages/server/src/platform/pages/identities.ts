/**
 * From who somebody is elsewhere to a user here. An address is no proof: whoever makes an account may claim any, so an
 * identity is joined to an account that is there only by its owner, while signed in.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { isUniqueViolation } from '../../store/violations.ts';
import { slugProblem } from '../organizations/creation.ts';
import { defaultLocation, type Parts } from '../parts.ts';
import { insertUser } from '../users/creation.ts';
import type { Identity } from './oidc.ts';

/** With a number after it, a name fits a slug. */
const NAME_MAX = 30;
const NAMES_TRIED = 100;

export class Identities {
  readonly #parts: Parts;
  /** Whether people whom nobody invited get an account. */
  readonly #isOpen: boolean;

  constructor(parts: Parts, isOpen: boolean) {
    this.#parts = parts;
    this.#isOpen = isOpen;
  }

  /**
   * @param linkTo id of the signed-in user who asks to add the identity; null is a sign-in
   * @returns the user's id
   * @throws SkerryError sign_up_closed; identity_taken when it belongs to another user already
   */
  async userOf(identity: Identity, linkTo: string | null): Promise<string> {
    const { issuer, subject } = identity;
    const known = await this.#parts.db
      .selectFrom('identities')
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .select('user_id')
      .executeTakeFirst();
    if (known !== undefined) {
      if (linkTo !== null && linkTo !== known.user_id) {
        throw new SkerryError('identity_taken');
      }
      return known.user_id;
    }
    if (linkTo !== null) {
      await this.#parts.db.insertInto('identities').values({ issuer, subject, user_id: linkTo }).execute();
      return linkTo;
    }
    if (!this.#isOpen) {
      throw new SkerryError('sign_up_closed');
    }
    return await this.#signUp(identity);
  }

  async #signUp({ issuer, subject, name, email }: Identity): Promise<string> {
    const { db, now } = this.#parts;
    const location = defaultLocation(this.#parts);
    const wanted = slugOf(name);
    for (let count = 1; count <= NAMES_TRIED; count += 1) {
      const username = count === 1 ? wanted : `${wanted}-${count}`;
      try {
        return await db.transaction().execute(async (transaction) => {
          const userId = await insertUser(transaction, { username, email, location, nowMs: now() });
          await transaction.insertInto('identities').values({ issuer, subject, user_id: userId }).execute();
          return userId;
        });
      } catch (error) {
        if (!isUniqueViolation(error)) {
          throw error;
        }
      }
    }
    throw new SkerryError('username_taken', { username: wanted });
  }
}

function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_MAX)
    .replaceAll(/^-+|-+$/g, '');
  return slugProblem(slug) === undefined ? slug : 'user';
}
