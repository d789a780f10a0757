import type { Kysely, Selectable } from 'kysely';

import type { Tables, UsersTable } from '../../store/tables.ts';

export type UserRow = Selectable<UsersTable>;

const COLUMNS = ['id', 'username', 'name', 'email', 'is_operator', 'created_at_ms'] as const;

export async function findUser(
  db: Kysely<Tables>,
  which: { readonly id: string } | { readonly username: string },
): Promise<UserRow | undefined> {
  const users = db.selectFrom('users').select(COLUMNS);
  return await (
    'id' in which ? users.where('id', '=', which.id) : users.where('username', '=', which.username)
  ).executeTakeFirst();
}
