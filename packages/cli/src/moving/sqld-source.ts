/**
 * The namespaces of a libSQL server (sqld): its data folder while it does not run, or the running server by its dumps.
 *
 * @module
 */
import { createWriteStream } from 'node:fs';
import { copyFile, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { requestDatabase } from '../api/database.ts';
import { UsageError } from '../errors.ts';
import { backupFile } from '../sql/sqlite-file.ts';
import { loadDumpInto } from '../sql/sqlite-from-text.ts';
import type { MovedSettings, Source, SourceOrganization } from './source.ts';

export interface SqldPlace {
  /** Where all databases go. */
  readonly organization: string;
  readonly group: string;
  /** Location code here. */
  readonly location: string;
  /** Undefined: all that are known. */
  readonly namespaces: readonly string[] | undefined;
}

abstract class SqldSource implements Source {
  protected readonly place: SqldPlace;

  constructor(place: SqldPlace) {
    this.place = place;
  }

  protected abstract namespaces(): Promise<readonly string[]>;
  abstract copy(organization: string, database: string, file: string): Promise<void>;

  async list(): Promise<SourceOrganization[]> {
    const { organization, group, location } = this.place;
    const names = this.place.namespaces ?? (await this.namespaces());
    const databases = names.map((name) => ({ name, group }));
    return [{ slug: organization, groups: [{ name: group, locations: [location] }], databases }];
  }

  /** A server's settings live in files of its own form, and its admin API tells them in units of its own. */
  async settings(): Promise<MovedSettings> {
    return await Promise.resolve({ body: {}, notes: [] });
  }
}

/** `<folder>/dbs/<namespace>/data`, source: libSQL's `namespace/configurator`. */
export class SqldFolder extends SqldSource {
  readonly #folder: string;

  constructor(folder: string, place: SqldPlace) {
    super(place);
    this.#folder = folder;
  }

  protected async namespaces(): Promise<string[]> {
    const folder = path.join(this.#folder, 'dbs');
    const names = await readdir(folder).catch(() => {
      throw new UsageError(`${this.#folder} is not the data folder of a libSQL server: it has no folder "dbs".`);
    });
    const found: string[] = [];
    for (const name of names.sort()) {
      if (await stat(path.join(folder, name, 'data')).catch(() => undefined)) {
        found.push(name);
      }
    }
    return found;
  }

  /** From a copy of its files: what SQLite does on opening (recover the WAL, remove it) is not done to the originals. */
  async copy(_organization: string, namespace: string, file: string): Promise<void> {
    const original = path.join(this.#folder, 'dbs', namespace, 'data');
    const copy = `${file}.copy`;
    try {
      const before = await stateOf(original);
      await copyFile(original, copy);
      if (before.hasLog) {
        await copyFile(`${original}-wal`, `${copy}-wal`);
      }
      if ((await stateOf(original)).text !== before.text) {
        throw new UsageError(`${original} changed while it was copied: stop the server first, or use --source.`);
      }
      await backupFile(copy, file);
    } finally {
      for (const suffix of ['', '-wal', '-shm']) {
        await rm(copy + suffix, { force: true });
      }
    }
  }
}

/** Of a database file and its write-ahead log. */
async function stateOf(file: string): Promise<{ readonly hasLog: boolean; readonly text: string }> {
  const data = await stat(file, { bigint: true });
  const log = await stat(`${file}-wal`, { bigint: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  });
  return { hasLog: log !== undefined, text: [data, log].map((each) => `${each?.size} ${each?.mtimeNs}`).join() };
}

export class SqldServer extends SqldSource {
  readonly #url: string;
  readonly #token: string | undefined;

  /** @param url user address of the server, without a trailing slash */
  constructor(url: string, token: string | undefined, place: SqldPlace) {
    super(place);
    this.#url = url;
    this.#token = token;
  }

  /** The server tells nobody which it has; without namespaces it has this one. */
  protected async namespaces(): Promise<string[]> {
    return await Promise.resolve(['default']);
  }

  async copy(_organization: string, namespace: string, file: string): Promise<void> {
    const dump = `${file}.sql`;
    const headers = { 'x-namespace': namespace };
    const address = { url: `${this.#url}/`, token: this.#token ?? '' };
    const { body } = await requestDatabase(address, 'dump', { headers });
    await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body), createWriteStream(dump));
    await loadDumpInto(dump, file);
    await rm(dump);
  }
}
