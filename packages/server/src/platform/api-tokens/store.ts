import type { Kysely, Selectable } from 'kysely';

import type { ApiTokensTable, Flag, Tables } from '../../store/tables.ts';

/** What the gate needs of a token. */
export type TokenOwnerRow = Pick<
  Selectable<ApiTokensTable>,
  'id' | 'user_id' | 'organization_id' | 'group_id' | 'scopes' | 'expires_at_ms'
> & { username: string; is_operator: Flag };

export async function findApiToken(db: Kysely<Tables>, hash: string): Promise<TokenOwnerRow | undefined> {
  return await db
    .selectFrom('api_tokens as t')
    .innerJoin('users as u', 'u.id', 't.user_id')
    .where('t.hash', '=', hash)
    .select([
      't.id',
      't.user_id',
      't.organization_id',
      't.group_id',
      't.scopes',
      't.expires_at_ms',
      'u.username',
      'u.is_operator',
    ])
    .executeTakeFirst();
}

/** A token as it is shown. */
export interface ApiTokenRow {
  id: string;
  name: string;
  scopes: string | null;
  created_at_ms: number;
  organization: string | null;
  group: string | null;
  username: string;
  email: string;
}

/** Of one user, or of all users for one organization; oldest first. */
export async function listApiTokenRows(
  db: Kysely<Tables>,
  filter: { readonly userId?: string; readonly organizationId?: string },
): Promise<ApiTokenRow[]> {
  let tokens = db
    .selectFrom('api_tokens as t')
    .innerJoin('users as u', 'u.id', 't.user_id')
    .leftJoin('organizations as o', 'o.id', 't.organization_id')
    .leftJoin('groups as g', 'g.id', 't.group_id')
    .select([
      't.id',
      't.name',
      't.scopes',
      't.created_at_ms',
      'o.slug as organization',
      'g.name as group',
      'u.username',
      'u.email',
    ])
    .orderBy('t.created_at_ms')
    .orderBy('t.name');
  if (filter.userId !== undefined) {
    tokens = tokens.where('t.user_id', '=', filter.userId);
  }
  if (filter.organizationId !== undefined) {
    tokens = tokens.where('t.organization_id', '=', filter.organizationId);
  }
  return await tokens.execute();
}
