/**
 * What the services of the control plane are made of.
 *
 * @module
 */
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';

import type { Engine } from '../placement/engine.ts';
import type { Coordination } from '../store/coordination.ts';
import type { Tables } from '../store/tables.ts';
import type { Addresses } from './addresses.ts';
import type { BackupControl } from './backup/control.ts';
import type { DumpService } from './dumps/service.ts';
import type { GroupLocks } from './group-locks.ts';
import type { Removals } from './removals.ts';
import type { StoredDirectory } from './stored-directory.ts';

export interface Parts {
  readonly db: Kysely<Tables>;
  /** This process, and the others that share the store. */
  readonly coordination: Coordination;
  readonly engine: Engine;
  /** Undefined: nothing is backed up. */
  readonly backup: BackupControl | undefined;
  readonly directory: StoredDirectory;
  readonly addresses: Addresses;
  readonly dumps: DumpService;
  /** Location code → description; the first is the default. */
  readonly locations: ReadonlyMap<string, string>;
  readonly locks: GroupLocks;
  readonly removals: Removals;
  /** How long deleted things can be restored; 0 keeps nothing. */
  readonly deletedRetentionMs: number;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Code of the location that is taken where nobody names one. */
export function defaultLocation(parts: Pick<Parts, 'locations'>): string {
  const [code] = parts.locations.keys();
  if (code === undefined) {
    throw new Error('no location is configured');
  }
  return code;
}
