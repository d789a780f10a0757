import type { Kysely, Selectable, Transaction } from 'kysely';

import type { Flag, SessionsTable, Tables } from '../../store/tables.ts';

export type SessionRow = Selectable<SessionsTable>;

const COLUMNS = [
  's.id',
  's.user_id',
  's.hash',
  's.method',
  's.api_token_id',
  's.user_agent',
  's.address',
  's.created_at_ms',
  's.last_seen_at_ms',
  's.expires_at_ms',
] as const;

/** What the gate needs of a session. */
export async function findSession(
  db: Kysely<Tables>,
  hash: string,
): Promise<(SessionRow & { username: string; is_operator: Flag }) | undefined> {
  return await db
    .selectFrom('sessions as s')
    .innerJoin('users as u', 'u.id', 's.user_id')
    .where('s.hash', '=', hash)
    .select([...COLUMNS, 'u.username', 'u.is_operator'])
    .executeTakeFirst();
}

/** Those that still count, the newest first. */
export async function sessionsOf(db: Kysely<Tables>, userId: string, nowMs: number): Promise<SessionRow[]> {
  return await db
    .selectFrom('sessions as s')
    .where('s.user_id', '=', userId)
    .where('s.expires_at_ms', '>', nowMs)
    .select(COLUMNS)
    .orderBy('s.created_at_ms', 'desc')
    .orderBy('s.id')
    .execute();
}

/** Ends all of a user's sessions but one. */
export async function endSessionsOf(
  transaction: Transaction<Tables>,
  userId: string,
  exceptId: string | null,
): Promise<void> {
  let sessions = transaction.deleteFrom('sessions').where('user_id', '=', userId);
  if (exceptId !== null) {
    sessions = sessions.where('id', '!=', exceptId);
  }
  await sessions.execute();
}
