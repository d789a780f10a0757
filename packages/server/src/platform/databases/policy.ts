/**
 * Brings a server that keeps settings and keys itself up to date with the records.
 *
 * Called after the change is recorded and before it is answered, with what the records say then: whoever is last leaves
 * the server as the records are, whatever the order of two changes. A server that cannot be reached fails the call; the
 * record stays, and the same change made again brings it to the server.
 *
 * @module
 */
import { pemOf } from '../../access/signing-keys.ts';
import { forEachLimited } from '../limited.ts';
import type { Parts } from '../parts.ts';

const AT_ONCE = 8;

/** @throws SkerryError location_unavailable */
export async function applyPolicy(parts: Pick<Parts, 'directory' | 'engine'>, databaseId: string): Promise<void> {
  const entry = await parts.directory.byId(databaseId);
  const primary = entry?.instances.find(({ role }) => role === 'primary');
  if (entry === undefined || primary === undefined || !parts.engine.traits(primary.location).keepsPolicy) {
    return;
  }
  // "Group tokens issued before" is nothing that a server could check by itself: it takes none, then.
  const keys = entry.groupTokensRefusedUntilMs > 0 ? [entry.databaseKey] : [entry.databaseKey, entry.groupKey];
  await parts.engine.configure(
    { databaseId, location: primary.location, role: 'primary' },
    { settings: entry.settings, publicKeysPem: keys.map(({ publicKey }) => pemOf(publicKey)) },
  );
}

/** For all databases of a group. @throws SkerryError location_unavailable */
export async function applyPolicies(
  parts: Pick<Parts, 'directory' | 'engine'>,
  primaryLocation: string,
  databaseIds: readonly string[],
): Promise<void> {
  if (parts.engine.traits(primaryLocation).keepsPolicy) {
    await forEachLimited(databaseIds, AT_ONCE, async (databaseId) => await applyPolicy(parts, databaseId));
  }
}
