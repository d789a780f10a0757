/**
 * Signing in: who proves who they are gets a session, whose secret only the browser's cookie holds.
 *
 * Nothing tells whether an account exists: an unknown name takes as long and is answered like a wrong password.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Transaction } from 'kysely';

import { hashApiToken, newInviteToken } from '../../access/api-tokens.ts';
import { type Passwords, passwordProblem } from '../../access/passwords.ts';
import type { Tables } from '../../store/tables.ts';
import { isUniqueViolation } from '../../store/violations.ts';
import { findApiToken } from '../api-tokens/store.ts';
import type { Caller } from '../http/request.ts';
import { slugProblem } from '../organizations/creation.ts';
import { defaultLocation, type Parts } from '../parts.ts';
import { insertUser } from '../users/creation.ts';
import type { Attempts } from './attempts.ts';
import { endSessionsOf, type SessionRow, sessionsOf } from './store.ts';

/** From where a request comes. */
export interface Visitor {
  /** IP address; empty when unknown. */
  readonly address: string;
  readonly userAgent: string;
}

export interface NewSession {
  readonly row: SessionRow;
  /** For the cookie; not kept anywhere. */
  readonly secret: string;
}

export interface SessionOptions {
  readonly passwords: Passwords;
  readonly attempts: Attempts;
  /** How long a session lasts. */
  readonly sessionMs: number;
  /** Anybody may make an account. */
  readonly openSignUp: boolean;
}

const USER_AGENT_MAX = 200;

export class SessionService {
  readonly #parts: Parts;
  readonly #options: SessionOptions;

  constructor(parts: Parts, options: SessionOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** @throws SkerryError sign_in_failed, sign_in_too_often */
  async byPassword(username: string, password: string, visitor: Visitor): Promise<NewSession> {
    const { passwords, attempts } = this.#options;
    const { db } = this.#parts;
    return await attempts.count(visitor.address, username, async () => {
      const row = await db
        .selectFrom('passwords as p')
        .innerJoin('users as u', 'u.id', 'p.user_id')
        .where('u.username', '=', username)
        .select(['p.hash', 'p.user_id'])
        .executeTakeFirst();
      const isRight = await passwords.verify(password, row?.hash);
      if (row === undefined || !isRight) {
        throw new SkerryError('sign_in_failed');
      }
      return await this.begin({ userId: row.user_id, method: 'password' }, visitor);
    });
  }

  /** The session ends with the token. @throws SkerryError sign_in_failed, sign_in_too_often, token_restricted */
  async byApiToken(token: string, visitor: Visitor): Promise<NewSession> {
    const { db, now } = this.#parts;
    return await this.#options.attempts.count(visitor.address, undefined, async () => {
      const row = await findApiToken(db, hashApiToken(token));
      if (row === undefined || (row.expires_at_ms !== null && row.expires_at_ms <= now())) {
        throw new SkerryError('sign_in_failed');
      }
      if (row.organization_id !== null) {
        throw new SkerryError('token_restricted');
      }
      const { id: apiTokenId, expires_at_ms: untilMs, user_id: userId } = row;
      return await this.begin({ userId, method: 'token', apiTokenId, untilMs }, visitor);
    });
  }

  /** @throws SkerryError link_invalid, password_too_weak, sign_in_too_often */
  async byLink(code: string, password: string, visitor: Visitor): Promise<NewSession> {
    const { db, now } = this.#parts;
    return await this.#options.attempts.count(visitor.address, undefined, async () => {
      const link = await db
        .selectFrom('password_links as l')
        .innerJoin('users as u', 'u.id', 'l.user_id')
        .where('l.hash', '=', hashApiToken(code))
        .where('l.expires_at_ms', '>', now())
        .select(['l.hash', 'l.user_id', 'u.username'])
        .executeTakeFirst();
      if (link === undefined) {
        throw new SkerryError('link_invalid');
      }
      const hash = await this.hashNew(password, link.username);
      await db.transaction().execute(async (transaction) => {
        // The link may have been used while the password was hashed.
        const used = await transaction
          .deleteFrom('password_links')
          .where('hash', '=', link.hash)
          .returning('hash')
          .execute();
        if (used.length === 0) {
          throw new SkerryError('link_invalid');
        }
        await this.keepPassword(transaction, link.user_id, hash);
        await endSessionsOf(transaction, link.user_id, null);
      });
      return await this.begin({ userId: link.user_id, method: 'link' }, visitor);
    });
  }

  /** @throws SkerryError sign_up_closed, username_invalid, username_taken, password_too_weak, sign_in_too_often */
  async signUp(account: { username: string; password: string; email: string }, visitor: Visitor): Promise<NewSession> {
    const { username, password, email } = account;
    if (!this.#options.openSignUp) {
      throw new SkerryError('sign_up_closed');
    }
    const problem = slugProblem(username);
    if (problem !== undefined) {
      throw new SkerryError('username_invalid', { problem });
    }
    await this.#options.attempts.countSignUp(visitor.address);
    const hash = await this.hashNew(password, username);
    try {
      const userId = await this.#parts.db.transaction().execute(async (transaction) => {
        const location = defaultLocation(this.#parts);
        const id = await insertUser(transaction, { username, email, location, nowMs: this.#parts.now() });
        await this.keepPassword(transaction, id, hash);
        return id;
      });
      return await this.begin({ userId, method: 'password' }, visitor);
    } catch (error) {
      throw isUniqueViolation(error) ? new SkerryError('username_taken', { username }) : error;
    }
  }

  /** For who has proved who they are. */
  async begin(
    {
      userId,
      method,
      apiTokenId = null,
      untilMs = null,
    }: {
      readonly userId: string;
      readonly method: SessionRow['method'];
      readonly apiTokenId?: string | null;
      readonly untilMs?: number | null;
    },
    visitor: Visitor,
  ): Promise<NewSession> {
    const { db, now } = this.#parts;
    const secret = newInviteToken();
    const nowMs = now();
    const row: SessionRow = {
      id: randomUUID(),
      user_id: userId,
      hash: hashApiToken(secret),
      method,
      api_token_id: apiTokenId,
      user_agent: visitor.userAgent.slice(0, USER_AGENT_MAX),
      address: visitor.address,
      created_at_ms: nowMs,
      last_seen_at_ms: nowMs,
      expires_at_ms: Math.min(nowMs + this.#options.sessionMs, untilMs ?? Infinity),
    };
    await db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('sessions').where('expires_at_ms', '<=', nowMs).execute();
      await transaction.insertInto('sessions').values(row).execute();
    });
    return { row, secret };
  }

  async list(caller: Caller): Promise<SessionRow[]> {
    return await sessionsOf(this.#parts.db, caller.userId, this.#parts.now());
  }

  /** @throws SkerryError session_not_found */
  async end(caller: Caller, sessionId: string): Promise<void> {
    const ended = await this.#parts.db
      .deleteFrom('sessions')
      .where('user_id', '=', caller.userId)
      .where('id', '=', sessionId)
      .returning('id')
      .execute();
    if (ended.length === 0) {
      throw new SkerryError('session_not_found', { session: sessionId });
    }
  }

  /** @throws SkerryError password_wrong, password_too_weak, sign_in_too_often */
  async setPassword(caller: Caller, current: string | undefined, password: string, visitor: Visitor): Promise<void> {
    const { db } = this.#parts;
    const { attempts, passwords } = this.#options;
    const row = await db.selectFrom('passwords').where('user_id', '=', caller.userId).select('hash').executeTakeFirst();
    if (row !== undefined) {
      await attempts.count(visitor.address, caller.username, async () => {
        if (!(await passwords.verify(current ?? '', row.hash))) {
          throw new SkerryError('password_wrong');
        }
      });
    }
    const hash = await this.hashNew(password, caller.username);
    await db.transaction().execute(async (transaction) => {
      await this.keepPassword(transaction, caller.userId, hash);
      await transaction.deleteFrom('password_links').where('user_id', '=', caller.userId).execute();
      await endSessionsOf(transaction, caller.userId, caller.sessionId);
    });
  }

  /** @throws SkerryError password_too_weak */
  async hashNew(password: string, username: string): Promise<string> {
    const problem = passwordProblem(password, username);
    if (problem !== undefined) {
      throw new SkerryError('password_too_weak', { problem });
    }
    return await this.#options.passwords.hash(password);
  }

  async keepPassword(transaction: Transaction<Tables>, userId: string, hash: string): Promise<void> {
    const row = { hash, changed_at_ms: this.#parts.now() };
    await transaction
      .insertInto('passwords')
      .values({ user_id: userId, ...row })
      .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
      .execute();
  }
}
