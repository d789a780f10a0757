/**
 * Database files of this machine, made ready for an upload: WAL mode, pages of 4,096 bytes, no auto-vacuum, and nothing
 * left in a write-ahead log beside the file. The file itself is never changed; when it is not ready, a copy is.
 *
 * @module
 */
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';

import { UsageError } from '../errors.ts';

const MAGIC = 'SQLite format 3\0';
const PAGE_BYTES = 4096;
const HEADER_BYTES = 100;

export interface UploadFile extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Whether the file is a SQLite database, by its first bytes. */
export async function isSqliteFile(file: string): Promise<boolean> {
  return (await readHeader(file)).toString('latin1', 0, MAGIC.length) === MAGIC;
}

/** @throws UsageError when the file cannot be read as a database */
export async function readyForUpload(file: string): Promise<UploadFile> {
  if (await isReady(file)) {
    return {
      path: file,
      sizeBytes: (await stat(file)).size,
      [Symbol.asyncDispose]: async () => await Promise.resolve(),
    };
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-import-'));
  const copy = path.join(folder, 'copy.db');
  const dispose = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  try {
    await makeCopy(file, copy);
    return { path: copy, sizeBytes: (await stat(copy)).size, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw new UsageError(
      `${file} cannot be read as a database: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

async function isReady(file: string): Promise<boolean> {
  const header = await readHeader(file);
  // Offsets of the file format: 16 page size, 18 and 19 write and read version (2 is WAL), 52 auto-vacuum.
  const isWal = header[18] === 2 && header[19] === 2;
  const logBytes = await stat(`${file}-wal`).then(
    ({ size }) => size,
    () => 0,
  );
  return header.readUInt16BE(16) === PAGE_BYTES && isWal && header.readUInt32BE(52) === 0 && logBytes === 0;
}

/** A consistent copy, also of what is still in a write-ahead log beside the file. */
export async function backupFile(file: string, copy: string): Promise<void> {
  const source = new DatabaseSync(file, { readOnly: true });
  try {
    await backup(source, copy);
  } finally {
    source.close();
  }
}

async function makeCopy(file: string, copy: string): Promise<void> {
  await backupFile(file, copy);
  const database = new DatabaseSync(copy);
  try {
    // The page size of a database in WAL mode cannot change.
    database.exec(`PRAGMA journal_mode = DELETE; PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = NONE`);
    const [pageBytes, autoVacuum] = ['page_size', 'auto_vacuum'].map(
      (name) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0],
    );
    if (pageBytes !== PAGE_BYTES || autoVacuum !== 0) {
      database.exec('VACUUM');
    }
    database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

async function readHeader(file: string): Promise<Buffer> {
  const handle = await open(file).catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  });
  try {
    const { buffer } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return buffer;
  } finally {
    await handle.close();
  }
}
