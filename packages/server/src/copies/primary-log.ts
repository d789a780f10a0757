/**
 * The page log of a primary that is open in this host: when it begins, when it checkpoints, and who hears of commits.
 *
 * A database gets a log with its first commit, or when something asks for one, so that every instant of its life can be had
 * again; one that nobody writes to costs no more than any SQLite file.
 *
 * @module
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { PageLog } from '../log/page-log.ts';
import type { PageLogOptions } from '../log/page-log.ts';
import type { CommitListener } from '../sql/checkpoint.ts';

/** 4 MB of pages. */
const CHECKPOINT_FRAMES = 1_000;
/** Frames more, after a checkpoint that could not be. */
const RETRY_FRAMES = 250;

export class PrimaryLog implements CommitListener {
  readonly #options: PageLogOptions;
  readonly #listeners = new Set<() => void>();
  #log: PageLog | undefined;
  /** The WAL was empty when this host opened the database: all it will have is newer than the database file. */
  readonly #beganEmpty: boolean;
  #checkpointAtFrames = CHECKPOINT_FRAMES;

  /** Opens nothing yet. */
  constructor(options: PageLogOptions) {
    this.#options = options;
    this.#beganEmpty = sizeOf(`${options.databasePath}-wal`) === 0;
  }

  /** Begun now when there was none. @throws when the database cannot be read */
  get log(): PageLog {
    this.#log ??= new PageLog({ ...this.#options, isBaseIntact: this.#beganEmpty });
    return this.#log;
  }

  committed(connection: { run(sql: string): void }): void {
    const { log } = this;
    const walFrames = log.committed();
    if (walFrames >= this.#checkpointAtFrames) {
      const isDone = log.checkpoint(connection);
      this.#checkpointAtFrames = isDone ? CHECKPOINT_FRAMES : log.walFrameCount + RETRY_FRAMES;
    } else if (walFrames < CHECKPOINT_FRAMES) {
      this.#checkpointAtFrames = CHECKPOINT_FRAMES;
    }
    for (const listener of this.#listeners) {
      listener();
    }
  }

  /** Checkpoints now, with a connection of its own. @returns true when a generation began */
  checkpoint(): boolean {
    const { log } = this;
    const db = new DatabaseSync(this.#options.databasePath, { timeout: 0 });
    try {
      db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL');
      return log.checkpoint({ run: (sql) => db.exec(sql) });
    } finally {
      // The log's own connection is still open, so this one does not checkpoint.
      db.close();
    }
  }

  /** Calls back after every commit of this host, in the same turn. @returns ends that */
  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Closes log and database, in the order that keeps a WAL which is still needed.
   *
   * @param closeDatabase closes every connection of this host to the database
   */
  close(closeDatabase: () => void): void {
    // Another host may have begun the log meanwhile.
    if (this.#log === undefined && !PageLog.isBegun(this.#options.folder)) {
      closeDatabase();
      return;
    }
    let log: PageLog | undefined;
    try {
      log = this.log;
      log.prepareClose();
    } catch {
      // The files are gone or cannot be read: nothing to keep.
    }
    closeDatabase();
    log?.close();
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
