/**
 * Keeps the control plane's records in the store: who owns which database, tokens and their keys. A consistent copy is made
 * and stored whenever they have changed. Records that are in PostgreSQL are PostgreSQL's to back up; the first API token is
 * stored nevertheless.
 *
 * @module
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

import { CONTROL, controlKey, controlTime } from './keys.ts';
import type { ObjectStore } from './object-store.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** How often the records are looked at. */
const LOOK_EVERY_MS = 1_000;
/** Usage figures change all the time: a copy is made this often at most. */
const SPACING_MS = 10_000;

/** What the object has, besides being compressed: JSON of one line, then the database, if the records are not elsewhere. */
interface Head {
  /** The server's first API token, for whoever has only the backup left. */
  readonly apiToken: string | null;
}

export class ControlRecords {
  readonly lookEveryMs = LOOK_EVERY_MS;
  readonly #store: ObjectStore;
  readonly #dataDir: string;
  readonly #isElsewhere: boolean;
  #db: DatabaseSync | undefined;
  #storedVersion = -1;
  #storedMs = 0;
  /** In the key of the last ones: keys must rise, whatever the clock does. */
  #keyMs: number | undefined;

  /** @param isElsewhere the records are in PostgreSQL */
  constructor(store: ObjectStore, dataDir: string, isElsewhere: boolean) {
    this.#store = store;
    this.#dataDir = dataDir;
    this.#isElsewhere = isElsewhere;
  }

  /** @param isUrgent do not wait until enough has come together @returns whether something was stored */
  async storeIfChanged(isUrgent = false): Promise<boolean> {
    if (!isUrgent && Date.now() - this.#storedMs < SPACING_MS) {
      return false;
    }
    const version = this.#isElsewhere ? 0 : this.#version();
    if (version === this.#storedVersion) {
      return false;
    }
    const head: Head = { apiToken: readIfThere(path.join(this.#dataDir, 'api-token')) };
    const database = this.#isElsewhere ? Buffer.alloc(0) : this.#copy();
    const body = await compress(Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), database]));
    this.#keyMs ??= (await this.#store.list(CONTROL)).reduce((most, { key }) => Math.max(most, controlTime(key)), 0);
    this.#keyMs = Math.max(Date.now(), this.#keyMs + 1);
    await this.#store.put(controlKey(this.#keyMs), body);
    this.#storedVersion = version;
    this.#storedMs = Date.now();
    return true;
  }

  /** Changes with every commit of another connection. */
  #version(): number {
    this.#db ??= new DatabaseSync(path.join(this.#dataDir, 'control.db'), { timeout: 5_000 });
    return Number(Object.values(this.#db.prepare('PRAGMA data_version').get() ?? {})[0]);
  }

  #copy(): Buffer {
    const copy = path.join(this.#dataDir, 'backup', 'control.tmp');
    rmSync(copy, { force: true });
    this.#db?.prepare('VACUUM INTO ?').run(copy);
    const bytes = readFileSync(copy);
    rmSync(copy, { force: true });
    return bytes;
  }

  close(): void {
    this.#db?.close();
  }
}

export async function decodeControl(stored: Buffer): Promise<{ apiToken: string | null; database: Buffer }> {
  const bytes = await decompress(stored);
  const end = bytes.indexOf('\n');
  const { apiToken } = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  return { apiToken, database: bytes.subarray(end + 1) };
}

function readIfThere(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}
