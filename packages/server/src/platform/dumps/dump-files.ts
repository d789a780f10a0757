/**
 * Dumps that were sent to us to make databases of: text files in `<dataDir>/dumps`, each known by an id that nobody can
 * guess and that names its organization. A client uploads one and makes its database at once, so one that is a day old is
 * forgotten; nothing else is lost with it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream, readdirSync, rmSync, statSync } from 'node:fs';
import { access, mkdir, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { SkerryError } from '@skerry/contract/errors/catalogue';

const KEPT_MS = 24 * 60 * 60 * 1000;
/** Of every dump that SQLite's and libSQL's tools write; a file without them is something else. */
const FIRST_LINES = ['PRAGMA foreign_keys=OFF;', 'BEGIN TRANSACTION;'];
const HEAD_BYTES = 256;

export class DumpFiles {
  readonly #folder: string;
  readonly #maxBytes: number;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /**
   * Keeps a dump.
   *
   * @returns its id
   * @throws SkerryError dump_invalid when it is no dump, or ends early; dump_too_large
   */
  async keep(organizationId: string, source: Readable): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    this.#forgetOld();
    const dumpId = randomUUID();
    const file = this.#path(organizationId, dumpId);
    try {
      await pipeline(source, this.#limited(), createWriteStream(file, { mode: 0o600 }));
      await checkFirstLines(file);
      return dumpId;
    } catch (error) {
      await rm(file, { force: true });
      throw error instanceof SkerryError
        ? error
        : new SkerryError('dump_invalid', { problem: 'it ended before it was whole' }, { cause: error });
    }
  }

  /** Path of the organization's dump; undefined when there is none (any more). */
  async find(organizationId: string, dumpId: string): Promise<string | undefined> {
    const file = this.#path(organizationId, dumpId);
    return await access(file).then(
      () => file,
      () => undefined,
    );
  }

  async sizeBytes(file: string): Promise<number> {
    return (await stat(file)).size;
  }

  /** Its database is made, and nobody can use it again. */
  async forget(file: string): Promise<void> {
    await rm(file, { force: true });
  }

  #limited(): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
    const limitBytes = this.#maxBytes;
    return async function* limited(source) {
      let sizeBytes = 0;
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (sizeBytes > limitBytes) {
          throw new SkerryError('dump_too_large', { limitBytes });
        }
        yield chunk;
      }
    };
  }

  #forgetOld(): void {
    for (const name of readdirSync(this.#folder)) {
      const file = path.join(this.#folder, name);
      const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity);
      if (age > KEPT_MS) {
        rmSync(file, { force: true });
      }
    }
  }

  #path(organizationId: string, dumpId: string): string {
    if (!/^[\w-]{1,80}$/.test(organizationId) || !/^[0-9a-f-]{36}$/.test(dumpId)) {
      throw new Error('not the id of a dump');
    }
    return path.join(this.#folder, `${organizationId}.${dumpId}.sql`);
  }
}

async function checkFirstLines(file: string): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const lines = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/);
    const wrong = FIRST_LINES.findIndex((expected, index) => lines[index] !== expected);
    if (wrong !== -1) {
      throw new SkerryError('dump_invalid', {
        problem: bytesRead === 0 ? 'it is empty' : `line ${wrong + 1} is not "${FIRST_LINES[wrong]}"`,
      });
    }
  } finally {
    await handle.close();
  }
}
