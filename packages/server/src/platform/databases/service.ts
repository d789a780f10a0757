import { SkerryError } from '@skerry/contract/errors/catalogue';
import type * as operations from '@skerry/contract/operations/databases';
import type { z } from 'zod';

import { isAddressRule } from '../../access/allowed-addresses.ts';
import type { SyncProtocol } from '../../store/tables.ts';
import { type Actor, recordAudit } from '../audit/store.ts';
import { findGroup, type GroupRow, groupsOf, locationsOf } from '../groups/store.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { Parts } from '../parts.ts';
import { listDeleted } from '../restore/lists.ts';
import { closeDeleted, isDeletionKept, keepDeleted } from '../restore/records.ts';
import { createDatabase } from './creation.ts';
import { applyPolicy, notePolicyChange } from './policy.ts';
import { restoreWindow } from './restore-window.ts';
import { checkedLabel, parseSizeLimit } from './rules.ts';
import { readSeed } from './seeds.ts';
import { shownConfiguration, shownDatabase } from './shown.ts';
import { type DatabaseRow, deleteDatabaseRows, findDatabase, listDatabaseRows } from './store.ts';

type ListQuery = z.output<typeof operations.listDatabases.query>;
type List = z.input<typeof operations.listDatabases.response>;
type CreateBody = z.output<typeof operations.createDatabase.body>;
type Created = z.input<typeof operations.createDatabase.response>;
type ConfigurationPatch = z.output<typeof operations.updateDatabaseConfiguration.body>;
type Shown = z.input<typeof operations.Database>;
type Window = z.input<typeof operations.RestoreWindow>;
type Configuration = z.input<typeof operations.DatabaseConfiguration>;

const PAGE_MAX = 1000;

export class DatabaseService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param defaultLimit when the query gives none; undefined is no limit */
  async list(organization: OrganizationAccess, query: ListQuery, defaultLimit: number | undefined): Promise<List> {
    // Neither schema databases nor any other kind exist here.
    if (isGiven(query.schema) || isGiven(query.type)) {
      return { databases: [] };
    }
    if (query.deleted === 'true') {
      return await listDeleted(this.#parts.db, organization, query, this.#parts.deletedRetentionMs);
    }
    const limit = isGiven(query.limit) ? parseLimit(query.limit) : defaultLimit;
    const rows = await listDatabaseRows(this.#parts.db, {
      organizationId: organization.id,
      onlyGroupId: organization.onlyGroupId,
      groupName: given(query.group),
      groupId: given(query.group_id),
      parentId: given(query.parent) ?? given(query.parent_db_id),
      after: isGiven(query.cursor) ? decodeCursor(query.cursor) : undefined,
      limit: limit === undefined ? undefined : limit + 1,
    });
    const page = limit === undefined ? rows : rows.slice(0, limit);
    const databases = await this.#show(page);
    if (limit === undefined) {
      return { databases };
    }
    const last = rows.length > limit ? page.at(-1) : undefined;
    return { databases, pagination: last === undefined ? {} : { next: encodeCursor(last.name) } };
  }

  async get(organization: OrganizationAccess, name: string): Promise<Shown> {
    const [shown] = await this.#show([await this.#find(organization, name)]);
    if (shown === undefined) {
      throw new SkerryError('database_not_found', { database: name });
    }
    return shown;
  }

  async create(organization: OrganizationAccess, body: CreateBody, actor: Actor): Promise<Created> {
    const { db, locations, addresses } = this.#parts;
    const label = checkedLabel(body.name, organization.slug, locations.keys());
    const sizeLimitBytes = isGiven(body.size_limit) ? parseSizeLimit(body.size_limit) : null;
    const seed = readSeed(body.seed);
    refuseUnoffered(body);
    const group = await this.#groupFor(organization, body);
    const databaseId = await createDatabase(this.#parts, {
      organizationId: organization.id,
      groupId: group.id,
      name: body.name,
      label,
      sizeLimitBytes,
      seed,
      onlyGroupId: organization.onlyGroupId,
      actor,
    });
    const row = await findDatabase(db, organization.id, { id: databaseId });
    return {
      database: {
        DbId: databaseId,
        Hostname: addresses.databaseHostname(row?.label ?? label),
        Name: body.name,
        IssuedCertCount: 0,
        IssuedCertLimit: 0,
      },
      username: actor.username,
      password: '',
    };
  }

  /** @throws SkerryError database_not_found, database_protected */
  async delete(organization: OrganizationAccess, name: string, actor: Actor): Promise<void> {
    const { db, locks, directory, removals, coordination, now } = this.#parts;
    const { id, group_id: groupId } = await this.#find(organization, name);
    await locks.shared(groupId, async () => {
      const deleted = await db.transaction().execute(async (transaction) => {
        // Somebody may have been faster.
        const row = await findDatabase(transaction, organization.id, { id });
        if (row === undefined) {
          throw new SkerryError('database_not_found', { database: name });
        }
        if (row.delete_protection === 1) {
          throw new SkerryError('database_protected', { database: name });
        }
        const isKept = isDeletionKept(this.#parts, organization);
        await (isKept
          ? keepDeleted(this.#parts, transaction, organization.id, row, null)
          : deleteDatabaseRows(transaction, id, { nowMs: now(), workerId: coordination.workerId }));
        await recordAudit(transaction, {
          organizationId: organization.id,
          actor,
          code: 'db-delete',
          message: `database ${name} deleted`,
          data: { database: name, id },
          nowMs: now(),
        });
        return { ...row, isKept };
      });
      directory.changed(id);
      if (deleted.allow_attach === 1) {
        directory.groupChanged(groupId, []);
      }
      await (deleted.isKept
        ? closeDeleted(this.#parts, [id], deleted.primary_location)
        : removals.finish([id], deleted.primary_location));
    });
  }

  async configuration(organization: OrganizationAccess, name: string): Promise<Configuration> {
    return shownConfiguration(await this.#find(organization, name));
  }

  /** @throws SkerryError database_not_found, size_limit_invalid, allowed_ip_invalid, not_offered, location_unavailable */
  async configure(
    organization: OrganizationAccess,
    name: string,
    patch: ConfigurationPatch,
    actor: Actor,
  ): Promise<Configuration> {
    const { db, directory, now } = this.#parts;
    const wrong = patch.allowed_ips?.find((rule) => !isAddressRule(rule));
    if (wrong !== undefined) {
      throw new SkerryError('allowed_ip_invalid', { value: wrong });
    }
    // To keep a rule that nothing enforces would leave a database open that its owner believes closed.
    if ((patch.allowed_aws_vpc_ids ?? []).length > 0) {
      throw new SkerryError('not_offered', { feature: 'a list of AWS VPC endpoints' });
    }
    if (patch.durability === 'off-site' && this.#parts.backup === undefined) {
      throw new SkerryError('backup_not_configured');
    }
    const changes = changesOf(patch);
    const { before, after } = await db.transaction().execute(async (transaction) => {
      const before = await findDatabase(transaction, organization.id, { name });
      if (before === undefined) {
        throw new SkerryError('database_not_found', { database: name });
      }
      if (Object.keys(changes).length > 0) {
        await transaction.updateTable('databases').set(changes).where('id', '=', before.id).execute();
        await notePolicyChange(transaction, this.#parts, before.id, before.primary_location);
      }
      const after = { ...before, ...changes };
      const entry = { organizationId: organization.id, actor, nowMs: now() };
      if (before.delete_protection !== after.delete_protection) {
        await recordAudit(transaction, {
          ...entry,
          code: after.delete_protection === 1 ? 'db-protect' : 'db-unprotect',
          message: `database ${name} ${after.delete_protection === 1 ? '' : 'no longer '}protected from deletion`,
          data: { database: name, id: before.id },
        });
      }
      const { delete_protection: _, ...others } = changes;
      if (Object.keys(others).length > 0) {
        await recordAudit(transaction, {
          ...entry,
          code: 'db-configure',
          message: `database ${name} configured`,
          data: { database: name, id: before.id, ...others },
        });
      }
      return { before, after };
    });
    directory.changed(before.id);
    if (after.off_site === 1) {
      // Without its records the database could not be had again.
      await this.#parts.backup?.storeRecords();
    }
    if (before.allow_attach !== after.allow_attach) {
      directory.groupChanged(before.group_id, []);
    }
    await applyPolicy(this.#parts, before.id);
    return shownConfiguration(after);
  }

  /** @throws SkerryError database_not_found */
  async restoreWindow(organization: OrganizationAccess, name: string): Promise<Window> {
    const { id, primary_location: location, created_at_ms: createdAtMs } = await this.#find(organization, name);
    const window = await restoreWindow(this.#parts, { databaseId: id, location, role: 'primary' }, createdAtMs);
    return {
      earliest: new Date(window.earliestMs).toISOString(),
      latest: new Date(window.latestMs).toISOString(),
    };
  }

  /** The file that the database waited for is in place. Fine when it does not wait, or is gone. */
  async uploadFinished(databaseId: string): Promise<void> {
    await this.#parts.db.updateTable('databases').set({ awaiting_upload: 0 }).where('id', '=', databaseId).execute();
    this.#parts.directory.changed(databaseId);
  }

  async #find(organization: OrganizationAccess, name: string): Promise<DatabaseRow> {
    const row = await findDatabase(this.#parts.db, organization.id, { name });
    if (row === undefined) {
      throw new SkerryError('database_not_found', { database: name });
    }
    return row;
  }

  async #show(rows: readonly DatabaseRow[]): Promise<Shown[]> {
    const { db, addresses } = this.#parts;
    const groups = new Map(
      rows.map((row) => [row.group_id, { id: row.group_id, primary_location: row.primary_location }]),
    );
    const locations = await locationsOf(db, [...groups.values()]);
    return rows.map((row) => shownDatabase(row, locations.get(row.group_id) ?? [], addresses));
  }

  /** Documented as required; SDK and v3 CLI leave it out where there is no choice, or copy a database. */
  async #groupFor(organization: OrganizationAccess, body: CreateBody): Promise<GroupRow> {
    const { db } = this.#parts;
    const source = body.seed?.type === 'database' ? (given(body.seed.name) ?? given(body.seed.value)) : undefined;
    let group: GroupRow | undefined;
    if (isGiven(body.group)) {
      group = await findGroup(db, organization.id, { name: body.group });
    } else if (isGiven(body.group_id)) {
      group = await findGroup(db, organization.id, { id: body.group_id });
    } else if (source !== undefined) {
      const parent = await findDatabase(db, organization.id, { name: source });
      if (parent === undefined || (organization.onlyGroupId ?? parent.group_id) !== parent.group_id) {
        throw new SkerryError('seed_not_found', { database: source });
      }
      group = await findGroup(db, organization.id, { id: parent.group_id });
    } else {
      const groups = await groupsOf(db, organization.id, organization.onlyGroupId);
      group = groups.length === 1 ? groups[0] : groups.find(({ name }) => name === 'default');
    }
    if (group === undefined || (organization.onlyGroupId ?? group.id) !== group.id) {
      throw new SkerryError('group_not_found_on_create');
    }
    return group;
  }
}

function refuseUnoffered(body: CreateBody): void {
  if (body.is_schema === true || isGiven(body.schema)) {
    throw new SkerryError('not_offered', { feature: 'a schema database' });
  }
  if (isGiven(body.remote_encryption?.encryption_key) || isGiven(body.remote_encryption?.encryption_cipher)) {
    throw new SkerryError('not_offered', { feature: 'encryption with your own key' });
  }
}

/** Null leaves a value as it is, and empties a list. */
function changesOf(patch: ConfigurationPatch) {
  const flags = {
    allow_attach: patch.allow_attach,
    block_reads: patch.block_reads,
    block_writes: patch.block_writes,
    delete_protection: patch.delete_protection,
    off_site: patch.durability === undefined || patch.durability === null ? null : patch.durability === 'off-site',
  };
  const lists = { allowed_ips: patch.allowed_ips, allowed_aws_vpc_ids: patch.allowed_aws_vpc_ids };
  const changed: Partial<Record<keyof typeof flags, 0 | 1>> &
    Partial<Record<keyof typeof lists, string>> & { size_limit_bytes?: number | null; sync_protocol?: SyncProtocol } =
    {};
  for (const [name, flag] of Object.entries(flags)) {
    if (flag !== undefined && flag !== null) {
      changed[name as keyof typeof flags] = flag ? 1 : 0;
    }
  }
  for (const [name, list] of Object.entries(lists)) {
    if (list !== undefined) {
      changed[name as keyof typeof lists] = JSON.stringify(list ?? []);
    }
  }
  if (patch.size_limit !== undefined && patch.size_limit !== null) {
    changed.size_limit_bytes = parseSizeLimit(patch.size_limit);
  }
  if (isGiven(patch.sync_protocol)) {
    changed.sync_protocol = patch.sync_protocol;
  }
  return changed;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new SkerryError('invalid_request', { problem: 'limit: must be a positive whole number' });
  }
  return Math.min(limit, PAGE_MAX);
}

function encodeCursor(name: string): string {
  return Buffer.from(name).toString('base64url');
}

function decodeCursor(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString();
}

function isGiven<T extends string | number>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined && value !== '';
}

function given(text: string | null | undefined): string | undefined {
  return isGiven(text) ? text : undefined;
}
