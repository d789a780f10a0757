/**
 * Announces every change of what processes keep in memory (platform/stored-directory.ts), in the transaction that makes
 * it: a message is delivered when the change is committed, to every process, or not at all.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely';

import { CHANNEL } from './session.ts';

/** Table → the messages of a changed row; `r` is the row. */
const MESSAGES: Readonly<Record<string, readonly string[]>> = {
  databases: [`'database ' || r.id`, `case when r.allow_attach = 1 then 'group ' || r.group_id end`],
  database_labels: [`'database ' || r.database_id`],
  instances: [`'database ' || r.database_id`],
  // An owner is a database or a group; nobody minds a message about the other.
  token_keys: [`'database ' || r.owner_id`, `'group ' || r.owner_id`],
  groups: [`'group ' || r.id`],
};

export async function announceChanges(db: Kysely<unknown>): Promise<void> {
  for (const [table, messages] of Object.entries(MESSAGES)) {
    const sends = (row: 'old' | 'new'): string =>
      messages
        .map((message) => message.replaceAll('r.', `${row}.`))
        .map((message) => `perform pg_notify(channel, ${message}) where (${message}) is not null;`)
        .join('\n      ');
    await define(
      db,
      table,
      'insert or update or delete',
      `if tg_op <> 'INSERT' then ${sends('old')} end if;
       if tg_op <> 'DELETE' then ${sends('new')} end if;`,
    );
  }
  await define(db, 'organizations', 'update', `perform pg_notify(channel, 'everything');`);
}

/** What an organization's key sets are, every entry of its databases says. */
export async function announceKeySets(db: Kysely<unknown>): Promise<void> {
  await define(db, 'key_sets', 'insert or update or delete', `perform pg_notify(channel, 'everything');`);
}

async function define(db: Kysely<unknown>, table: string, events: string, body: string): Promise<void> {
  await sql
    .raw(
      `create function announce_${table}() returns trigger language plpgsql as $$
       declare channel text := ${CHANNEL};
       begin
       ${body}
       return null;
       end $$`,
    )
    .execute(db);
  await sql
    .raw(`create trigger announce after ${events} on ${table} for each row execute function announce_${table}()`)
    .execute(db);
}
