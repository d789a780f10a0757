/**
 * When the WAL of a database without a page log moves into the database file. Auto-checkpoint is off on every connection,
 * because what copies a database reads its WAL.
 *
 * @module
 */
import { statSync } from 'node:fs';

import type { PhysicalConnection } from './physical-connection.ts';

/** Told of commits. */
export interface CommitListener {
  /** After a commit, outside any transaction of this connection. */
  committed(connection: Pick<PhysicalConnection, 'run'>): void;
}

const WAL_MAX_BYTES = 4 * 1024 * 1024;
/** Commits between two looks at the size of the WAL. */
const LOOK_EVERY = 32;

export class Checkpointer implements CommitListener {
  readonly #walPath: string;
  #commits = 0;

  constructor(databasePath: string) {
    this.#walPath = `${databasePath}-wal`;
  }

  /** Readers elsewhere only make it do less. */
  committed(connection: Pick<PhysicalConnection, 'run'>): void {
    this.#commits += 1;
    if (this.#commits % LOOK_EVERY !== 0) {
      return;
    }
    const size = statSync(this.#walPath, { throwIfNoEntry: false })?.size ?? 0;
    if (size >= WAL_MAX_BYTES) {
      connection.run('PRAGMA wal_checkpoint(PASSIVE)');
    }
  }
}
