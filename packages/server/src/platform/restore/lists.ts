/**
 * What can be restored, the latest first.
 *
 * @module
 */
import type { DeletedDatabase, listDatabases } from '@skerry/contract/operations/databases';
import type { listDeletedGroups } from '@skerry/contract/operations/restore';
import type { Kysely, Selectable } from 'kysely';
import type { z } from 'zod';

import type { DeletedDatabasesTable, Tables } from '../../store/tables.ts';
import type { OrganizationAccess } from '../http/request.ts';

const PAGE = 100;
const PAGE_MAX = 1000;

const SHOWN_COLUMNS = ['id', 'organization_id', 'group_id', 'shown', 'deleted_at_ms', 'group_deleted_at_ms'] as const;

interface Page {
  readonly limit?: string | undefined;
  readonly cursor?: string | undefined;
}

interface Place {
  readonly deleted_at_ms: number;
  readonly id: string;
}

export async function listDeleted(
  db: Kysely<Tables>,
  organization: OrganizationAccess,
  query: Page & { readonly search?: string | undefined },
  retentionMs: number,
): Promise<z.input<typeof listDatabases.response>> {
  // Not `records`, which are large and hold keys.
  let deleted = db.selectFrom('deleted_databases').select(SHOWN_COLUMNS).where('organization_id', '=', organization.id);
  if (organization.onlyGroupId !== null) {
    deleted = deleted.where('group_id', '=', organization.onlyGroupId);
  }
  const rows = await deleted.orderBy('deleted_at_ms', 'desc').orderBy('id', 'desc').execute();
  const wanted = query.search?.toLowerCase() ?? '';
  const found = rows.map(shownDeleted).filter((shown) => matches(shown, wanted));
  const placed = found.map((shown) => ({ shown, deleted_at_ms: Date.parse(shown.deleted_at), id: shown.DbId }));
  const { page, next } = cut(placed, query);
  const databases = page.map(({ shown, deleted_at_ms: deletedAtMs }) =>
    Object.assign(shown, { restorable_until: new Date(deletedAtMs + retentionMs).toISOString() }),
  );
  return { databases, pagination: next };
}

export async function listDeletedGroupsOf(
  db: Kysely<Tables>,
  organization: OrganizationAccess,
  query: Page,
): Promise<z.input<typeof listDeletedGroups.response>> {
  const rows = await db
    .selectFrom('deleted_groups as g')
    .where('g.organization_id', '=', organization.id)
    .select(['g.id', 'g.name', 'g.deleted_at_ms'])
    .select((eb) =>
      eb
        .selectFrom('deleted_databases as d')
        .whereRef('d.group_id', '=', 'g.id')
        .whereRef('d.group_deleted_at_ms', '=', 'g.deleted_at_ms')
        .select(({ fn }) => fn.countAll().as('count'))
        .as('databases'),
    )
    .orderBy('g.deleted_at_ms', 'desc')
    .orderBy('g.id', 'desc')
    .execute();
  const { page, next } = cut(rows, query);
  return {
    groups: page.map((row) => ({
      uuid: row.id,
      name: row.name,
      deleted_at: new Date(row.deleted_at_ms).toISOString(),
      cascade_databases: Number(row.databases ?? 0),
    })),
    pagination: next,
  };
}

export function shownDeleted(
  row: Pick<Selectable<DeletedDatabasesTable>, (typeof SHOWN_COLUMNS)[number]>,
): z.input<typeof DeletedDatabase> {
  return {
    ...(JSON.parse(row.shown) as z.input<typeof DeletedDatabase>),
    group_id: row.group_id,
    organization_id: row.organization_id,
    deleted_at: new Date(row.deleted_at_ms).toISOString(),
    group_deleted_at: row.group_deleted_at_ms === null ? null : new Date(row.group_deleted_at_ms).toISOString(),
  };
}

function matches({ Name, DbId, Hostname, group }: z.input<typeof DeletedDatabase>, wanted: string): boolean {
  return wanted === '' || [Name, DbId, Hostname, group].some((text) => text.toLowerCase().includes(wanted));
}

/** The rows of one page, which come sorted; the cursor is the place of the last. */
function cut<Row extends Place>(rows: readonly Row[], query: Page): { page: Row[]; next: { next?: string } } {
  const limit = Math.min(Math.max(Math.trunc(Number(query.limit ?? '')) || PAGE, 1), PAGE_MAX);
  const [at = '', after = ''] = Buffer.from(query.cursor ?? '', 'base64url')
    .toString()
    .split(' ');
  const rest =
    after === ''
      ? rows
      : rows.filter((row) => row.deleted_at_ms < Number(at) || (row.deleted_at_ms === Number(at) && row.id < after));
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  const cursor = last === undefined ? undefined : `${last.deleted_at_ms} ${last.id}`;
  return { page, next: cursor === undefined ? {} : { next: Buffer.from(cursor).toString('base64url') } };
}
