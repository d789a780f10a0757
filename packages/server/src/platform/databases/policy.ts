/**
 * Brings a server that keeps settings and keys itself up to date with the records.
 *
 * A change is noted in the transaction that makes it, and the note is taken away when the server has been told. The API
 * is answered after that; a server that cannot be reached fails the call, and is told when it is back, by whichever
 * process finds the note. The order of two changes does not matter: a server is told of what the records say at that
 * time, by one process at a time.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import type { Kysely, Transaction } from 'kysely';

import { pemOf } from '../../access/signing-keys.ts';
import type { DatabasePolicy } from '../../placement/engine.ts';
import type { Tables } from '../../store/tables.ts';
import type { DirectoryEntry } from '../directory.ts';
import { forEachLimited } from '../limited.ts';
import type { Parts } from '../parts.ts';

const AT_ONCE = 8;

type PolicyParts = Pick<Parts, 'db' | 'directory' | 'engine' | 'locks' | 'log'>;

/** In the transaction of a change to what a server may keep, or that takes the database away from its users. */
export async function notePolicyChange(
  transaction: Transaction<Tables>,
  { engine }: Pick<Parts, 'engine'>,
  databaseId: string,
  primaryLocation: string,
): Promise<void> {
  if (!engine.traits(primaryLocation).keepsPolicy) {
    return;
  }
  const note = { location: primaryLocation, change: randomUUID() };
  await transaction
    .insertInto('policy_changes')
    .values({ database_id: databaseId, ...note })
    .onConflict((conflict) => conflict.column('database_id').doUpdateSet(note))
    .execute();
}

/** After a noted change. @throws SkerryError location_unavailable */
export async function applyPolicy(parts: PolicyParts, databaseId: string): Promise<void> {
  if ((await findNote(parts.db, databaseId)) === undefined) {
    return;
  }
  await parts.locks.exclusive(`policy ${databaseId}`, async () => {
    // In this order: what changes after the note was read leaves another one.
    const note = await findNote(parts.db, databaseId);
    if (note === undefined) {
      // Another process was faster.
      return;
    }
    await tell(parts, databaseId, note.location);
    await parts.db
      .deleteFrom('policy_changes')
      .where('database_id', '=', databaseId)
      .where('change', '=', note.change)
      .execute();
  });
}

/** For all databases of a group. @throws SkerryError location_unavailable */
export async function applyPolicies(
  parts: PolicyParts,
  primaryLocation: string,
  databaseIds: readonly string[],
): Promise<void> {
  if (parts.engine.traits(primaryLocation).keepsPolicy) {
    await forEachLimited(databaseIds, AT_ONCE, async (databaseId) => await applyPolicy(parts, databaseId));
  }
}

/** What is still to be told to the servers of these locations. Failures are logged, and tried again the next time. */
export async function applyNotedPolicies(parts: PolicyParts, isReached: (location: string) => boolean): Promise<void> {
  const notes = await parts.db.selectFrom('policy_changes').select(['database_id', 'location']).execute();
  const reached = notes.filter(({ location }) => isReached(location));
  await forEachLimited(reached, AT_ONCE, async ({ database_id: databaseId, location }) => {
    await applyPolicy(parts, databaseId).catch((error: unknown) => {
      parts.log.warn({ databaseId, location, err: error }, 'a server does not know yet what the records say');
    });
  });
}

async function tell(parts: PolicyParts, databaseId: string, location: string): Promise<void> {
  const entry = await parts.directory.fromRecords(databaseId);
  if (entry !== undefined) {
    await parts.engine.configure({ databaseId, location, role: 'primary' }, policyOf(entry));
  } else if (await isKeptDeleted(parts.db, databaseId)) {
    await parts.engine.closeDatabase(databaseId, location);
  }
  // Otherwise it is gone, and removals.ts sees to its files.
}

function policyOf(entry: DirectoryEntry): DatabasePolicy {
  // "Group tokens issued before" is nothing that a server could check by itself: it takes none, then.
  const keys = entry.groupTokensRefusedUntilMs > 0 ? [entry.databaseKey] : [entry.databaseKey, entry.groupKey];
  return { settings: entry.settings, publicKeysPem: keys.map(({ publicKey }) => pemOf(publicKey)) };
}

async function findNote(
  db: Kysely<Tables>,
  databaseId: string,
): Promise<{ location: string; change: string } | undefined> {
  return await db
    .selectFrom('policy_changes')
    .where('database_id', '=', databaseId)
    .select(['location', 'change'])
    .executeTakeFirst();
}

async function isKeptDeleted(db: Kysely<Tables>, databaseId: string): Promise<boolean> {
  const row = await db.selectFrom('deleted_databases').where('id', '=', databaseId).select('id').executeTakeFirst();
  return row !== undefined;
}
