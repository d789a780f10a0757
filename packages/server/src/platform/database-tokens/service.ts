/**
 * Mints and ends database and group tokens.
 *
 * A rotation of one database's tokens refuses its group's by their times. Clocks go wrong, so the records say how far
 * these times have come: each token of a group, and each refusal, gets a later one than all before.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { createDatabaseToken } from '@skerry/contract/operations/database-tokens';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';

import type { TokenScope } from '../../access/claims.ts';
import { mintToken } from '../../access/database-tokens.ts';
import { parseLifetime } from '../../access/duration.ts';
import { newSigningKey, privateKeyOf, type StoredKey } from '../../access/signing-keys.ts';
import type { Tables } from '../../store/tables.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { applyPolicies, applyPolicy, notePolicyChange } from '../databases/policy.ts';
import { findDatabase, replaceKey } from '../databases/store.ts';
import { findGroup } from '../groups/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { unhurried } from '../unhurried.ts';
import { readGrants, readLevel } from './scope.ts';

type Query = z.output<typeof createDatabaseToken.query>;
type Body = z.output<typeof createDatabaseToken.body>;

export class DatabaseTokenService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @throws SkerryError database_not_found, expiration_invalid, authorization_invalid, permission_invalid */
  async mintForDatabase(
    organization: OrganizationAccess,
    name: string,
    query: Query,
    body: Body,
    actor: Actor,
  ): Promise<string> {
    const database = await findDatabase(this.#parts.db, organization.id, { name });
    if (database === undefined) {
      throw new SkerryError('database_not_found', { database: name });
    }
    const subject = { databaseId: database.id };
    const scope = await this.#scope(subject, database.group_id, query, body);
    const jwt = await this.#mint(database.id, scope, query, async () => await Promise.resolve(this.#parts.now()));
    await this.#note(organization, actor, 'db-token-create', `token for database ${name} created`, {
      database: name,
      id: database.id,
      level: scope.level,
    });
    return jwt;
  }

  /** @throws SkerryError group_not_found, expiration_invalid, authorization_invalid, permission_invalid */
  async mintForGroup(
    organization: OrganizationAccess,
    name: string,
    query: Query,
    body: Body,
    actor: Actor,
  ): Promise<string> {
    const { db } = this.#parts;
    const group = await findGroup(db, organization.id, { name });
    if (group === undefined) {
      throw new SkerryError('group_not_found');
    }
    const scope = await this.#scope({ groupId: group.id }, group.id, query, body);
    const jwt = await this.#mint(group.id, scope, query, async () => await nextTimeMs(db, group.id, this.#parts.now()));
    await this.#note(organization, actor, 'group-token-create', `token for group ${name} created`, {
      group: name,
      id: group.id,
      level: scope.level,
    });
    return jwt;
  }

  /** @throws SkerryError database_not_found, location_unavailable */
  async rotateDatabase(organization: OrganizationAccess, name: string, actor: Actor): Promise<void> {
    const { db, directory, now } = this.#parts;
    const key = newSigningKey();
    const databaseId = await db.transaction().execute(async (transaction) => {
      const database = await findDatabase(transaction, organization.id, { name });
      if (database === undefined) {
        throw new SkerryError('database_not_found', { database: name });
      }
      await replaceKey(transaction, database.id, key);
      await transaction
        .updateTable('databases')
        .set({ group_tokens_refused_until_ms: await nextTimeMs(transaction, database.group_id, now()) })
        .where('id', '=', database.id)
        .execute();
      await notePolicyChange(transaction, this.#parts, database.id, database.primary_location);
      await recordAudit(transaction, {
        organizationId: organization.id,
        actor,
        code: 'db-token-rotate',
        message: `tokens of database ${name} invalidated`,
        data: { database: name, id: database.id },
        nowMs: now(),
      });
      return database.id;
    });
    directory.changed(databaseId);
    await applyPolicy(this.#parts, databaseId);
  }

  /** @throws SkerryError group_not_found, location_unavailable */
  async rotateGroup(organization: OrganizationAccess, name: string, actor: Actor): Promise<void> {
    const { db, directory, now, locks } = this.#parts;
    const group = await findGroup(db, organization.id, { name });
    if (group === undefined) {
      throw new SkerryError('group_not_found');
    }
    // No database may be made with its first key meanwhile, and then be forgotten.
    await locks.exclusive(group.id, async () => {
      const databaseIds = await databaseIdsOf(db, group.id);
      const keys: { ownerId: string; key: StoredKey }[] = [];
      for await (const ownerId of unhurried([group.id, ...databaseIds])) {
        keys.push({ ownerId, key: newSigningKey() });
      }
      await db.transaction().execute(async (transaction) => {
        for await (const { ownerId, key } of unhurried(keys)) {
          await replaceKey(transaction, ownerId, key);
        }
        for (const databaseId of databaseIds) {
          await notePolicyChange(transaction, this.#parts, databaseId, group.primary_location);
        }
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: 'group-token-rotate',
          message: `tokens of group ${name} and of its databases invalidated`,
          data: { group: name, id: group.id },
          nowMs: now(),
        });
      });
      directory.groupChanged(group.id, databaseIds);
      await applyPolicies(this.#parts, group.primary_location, databaseIds);
    });
  }

  async #scope(subject: TokenScope['subject'], groupId: string, query: Query, body: Body): Promise<TokenScope> {
    const level = readLevel(query.authorization);
    const attach = await this.#attachIds(groupId, body.permissions?.read_attach?.databases ?? []);
    const grants = readGrants(level, body.fine_grained_permissions ?? []);
    return { subject, level: grants.length > 0 ? 'grants' : level, grants, attach };
  }

  /** Ids of databases of the group, from their names. */
  async #attachIds(groupId: string, names: readonly string[]): Promise<string[]> {
    if (names.length === 0) {
      return [];
    }
    const rows = await this.#parts.db
      .selectFrom('databases')
      .where('group_id', '=', groupId)
      .where('state', '=', 'ready')
      .where('name', 'in', names)
      .select(['id', 'name'])
      .execute();
    const missing = names.find((name) => !rows.some((row) => row.name === name));
    if (missing !== undefined) {
      throw new SkerryError('permission_invalid', { problem: `the group has no database ${missing} to attach` });
    }
    return rows.map(({ id }) => id);
  }

  /** @param issue asked when nothing else can go wrong */
  async #mint(ownerId: string, scope: TokenScope, query: Query, issue: () => Promise<number>): Promise<string> {
    const lifetimeMs = parseLifetime(query.expiration);
    if (lifetimeMs === undefined) {
      throw new SkerryError('expiration_invalid');
    }
    // Its time first: a rotation after that either replaces the key, or refuses the time.
    const issuedAtMs = await issue();
    const key = await this.#parts.db
      .selectFrom('token_keys')
      .where('owner_id', '=', ownerId)
      .select(['id', 'public_key', 'private_key'])
      .executeTakeFirstOrThrow();
    return mintToken({
      scope,
      issuedAtMs,
      expiresAtMs: lifetimeMs === null ? null : this.#parts.now() + lifetimeMs,
      keyId: key.id,
      privateKey: privateKeyOf({ publicKey: key.public_key, privateKey: key.private_key }),
    });
  }

  async #note(
    organization: OrganizationAccess,
    actor: Actor,
    code: 'db-token-create' | 'group-token-create',
    message: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { db, now } = this.#parts;
    const entry = { organizationId: organization.id, actor, code, message, data, nowMs: now() };
    await db.transaction().execute(async (transaction) => await recordAudit(transaction, entry));
  }
}

/** Later than every time that a token of the group, or a refusal of its tokens, has had; the clock's where that is so. */
async function nextTimeMs(db: Kysely<Tables>, groupId: string, nowMs: number): Promise<number> {
  const { latest } = await db
    .selectFrom('databases')
    .where('group_id', '=', groupId)
    .select(({ fn }) => fn.max('group_tokens_refused_until_ms').as('latest'))
    .executeTakeFirstOrThrow();
  // A database that came from another group brings what that group's tokens were refused until.
  const leastMs = Math.max(nowMs, (latest ?? 0) + 1);
  const { last_token_ms: timeMs } = await db
    .updateTable('groups')
    .set({ last_token_ms: sql`case when last_token_ms < ${leastMs} then ${leastMs} else last_token_ms + 1 end` })
    .where('id', '=', groupId)
    .returning('last_token_ms')
    .executeTakeFirstOrThrow();
  return timeMs;
}

async function databaseIdsOf(db: Kysely<Tables>, groupId: string): Promise<string[]> {
  const rows = await db.selectFrom('databases').where('group_id', '=', groupId).select('id').execute();
  return rows.map(({ id }) => id);
}
