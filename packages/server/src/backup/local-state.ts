/**
 * What the backup process knows of its own uploads: `<data folder>/backup/state.db`. It only repeats what the store has, so
 * that a start need not look through it: without this file every database is uploaded anew.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DatabaseState {
  readonly databaseId: string;
  readonly logId: string;
  /** Everything up to here is in the store. */
  readonly storedTo: number;
  readonly imageFrame: number;
  readonly imageMs: number;
  readonly imageBytes: number;
  /** Of commits since the image. */
  readonly bytesSince: number;
  readonly storedMs: number;
}

const COLUMNS = `database_id AS databaseId, log_id AS logId, stored_to AS storedTo, image_frame AS imageFrame,
  image_ms AS imageMs, image_bytes AS imageBytes, bytes_since AS bytesSince, stored_ms AS storedMs`;

export class LocalState {
  readonly #db: DatabaseSync;

  constructor(dataDir: string) {
    const folder = path.join(dataDir, 'backup');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#db = new DatabaseSync(path.join(folder, 'state.db'));
    this.#db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS databases (database_id TEXT PRIMARY KEY, log_id TEXT NOT NULL,
        stored_to INTEGER NOT NULL, image_frame INTEGER NOT NULL, image_ms INTEGER NOT NULL,
        image_bytes INTEGER NOT NULL, bytes_since INTEGER NOT NULL, stored_ms INTEGER NOT NULL) STRICT;
      CREATE TABLE IF NOT EXISTS gone (database_id TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT;`);
  }

  get owner(): string | undefined {
    const row = this.#db.prepare("SELECT value FROM facts WHERE name = 'owner'").get();
    return row === undefined ? undefined : String(row['value']);
  }

  /** Whose backup this is; everything known of another one is forgotten. */
  begin(owner: string): void {
    this.#db.exec('DELETE FROM databases');
    this.#db.prepare("INSERT OR REPLACE INTO facts VALUES ('owner', ?)").run(owner);
  }

  database(databaseId: string): DatabaseState | undefined {
    const row = this.#db.prepare(`SELECT ${COLUMNS} FROM databases WHERE database_id = ?`).get(databaseId);
    return row as unknown as DatabaseState | undefined;
  }

  databases(): DatabaseState[] {
    return this.#db.prepare(`SELECT ${COLUMNS} FROM databases`).all() as unknown as DatabaseState[];
  }

  put(states: readonly DatabaseState[]): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO databases VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    this.#db.exec('BEGIN');
    for (const state of states) {
      const { databaseId, logId, storedTo, imageFrame, imageMs, imageBytes, bytesSince, storedMs } = state;
      insert.run(databaseId, logId, storedTo, imageFrame, imageMs, imageBytes, bytesSince, storedMs);
    }
    this.#db.exec('COMMIT');
  }

  forget(databaseId: string): void {
    this.#db.prepare('DELETE FROM databases WHERE database_id = ?').run(databaseId);
  }

  /** Since when the store is known to have a database that is no longer there; from now on when it was not known. */
  goneSince(databaseId: string, nowMs: number): number {
    this.#db.prepare('INSERT OR IGNORE INTO gone VALUES (?, ?)').run(databaseId, nowMs);
    return Number(this.#db.prepare('SELECT since_ms FROM gone WHERE database_id = ?').get(databaseId)?.['since_ms']);
  }

  isBack(databaseId: string): void {
    this.#db.prepare('DELETE FROM gone WHERE database_id = ?').run(databaseId);
  }

  close(): void {
    this.#db.close();
  }
}
