/**
 * A new database out of a file: a SQLite database is sent in parts to the address of the database that waits for it, as
 * the official CLI does; the text of a dump goes to the Platform API, which makes a database of it or nothing. Source:
 * turso-cli `tursoServer.go`; `docs/import-export.md`.
 *
 * @module
 */
import { type ApiClient, ApiError } from '@skerry/contract/client';
import { uploadDump } from '@skerry/contract/operations/database-changes';
import { createDatabase, deleteDatabase } from '@skerry/contract/operations/databases';
import { z } from 'zod';

import type { DatabaseAccess, DatabaseRef } from './database-access.ts';
import { messageOf } from './query-client.ts';

const SQLITE_HEADER = 'SQLite format 3\0';
const TRIES_MAX = 6;
const FIRST_PAUSE_MS = 250;

const Started = z.object({ chunk_size: z.int().positive(), upload_id: z.string().min(1) });
const DumpUploaded = z.object({ dump_url: z.string() });
const Refusal = z.object({ error: z.string().optional(), message: z.string().optional(), code: z.string().optional() });

export interface NewDatabase {
  readonly org: string;
  readonly name: string;
  readonly group: string;
}

export interface ImportOptions {
  readonly signal: AbortSignal;
  /** Told how much of the file the server has. Undefined: it does not say. */
  readonly onProgress: (sentBytes: number | undefined) => void;
}

/** The file was not taken; nothing was made of it. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError';
}

export class DatabaseImport {
  readonly #api: ApiClient;
  readonly #databases: DatabaseAccess;

  constructor(api: ApiClient, databases: DatabaseAccess) {
    this.#api = api;
    this.#databases = databases;
  }

  /**
   * Makes a database of the file, or none.
   *
   * @throws FileRefusedError about the file; ApiError about the database; what `fetch` throws when there is no answer or
   *   the signal ended it
   */
  async run(wanted: NewDatabase, file: File, options: ImportOptions): Promise<void> {
    const header = await file.slice(0, SQLITE_HEADER.length).text();
    await (header === SQLITE_HEADER
      ? this.#fromDatabase(wanted, file, options)
      : this.#fromDump(wanted, file, options));
  }

  async #fromDump({ org, name, group }: NewDatabase, file: File, { signal, onProgress }: ImportOptions): Promise<void> {
    onProgress(undefined);
    const form = new FormData();
    form.set('file', file);
    const path = uploadDump.path.replace('{organizationSlug}', encodeURIComponent(org));
    const response = await fetch(path, { method: uploadDump.method, body: form, signal });
    if (!response.ok) {
      throw await refusalOf(response);
    }
    const { dump_url: url } = DumpUploaded.parse(await response.json());
    try {
      const body = { name, group, seed: { type: 'dump', url } };
      await this.#api.call(createDatabase, { params: { organizationSlug: org }, body });
    } catch (error) {
      const isAboutFile = error instanceof ApiError && error.code?.startsWith('dump_') === true;
      throw isAboutFile ? new FileRefusedError(error.message, { cause: error }) : error;
    }
  }

  async #fromDatabase({ org, name, group }: NewDatabase, file: File, options: ImportOptions): Promise<void> {
    const body = { name, group, seed: { type: 'database_upload' } };
    await this.#api.call(createDatabase, { params: { organizationSlug: org }, body });
    try {
      await this.#upload({ org, name }, file, options);
    } catch (error) {
      await this.#undo({ org, name }, error);
      throw error;
    }
  }

  async #upload(ref: DatabaseRef, file: File, { signal, onProgress }: ImportOptions): Promise<void> {
    const put = async (path: string, body?: string | Blob): Promise<Response> => {
      const init = { method: 'PUT', signal, ...(body === undefined ? {} : { body }) };
      const response = await this.#databases.fetch(ref, `/v2/upload/${path}`, init);
      if (!response.ok) {
        throw await refusalOf(response);
      }
      return response;
    };
    onProgress(0);
    const size = JSON.stringify({ db_size_bytes: file.size });
    const start = await again(signal, async () => await put('start', size));
    const { chunk_size: partBytes, upload_id: uploadId } = Started.parse(await start.json());
    for (let at = 0, number = 0; at < file.size; at += partBytes, number += 1) {
      const part = file.slice(at, at + partBytes);
      await again(signal, async () => await put(`${uploadId}/chunk/${number}`, part));
      onProgress(at + part.size);
    }
    // Not repeated: a second one would find the upload gone when the first arrived.
    await put(`${uploadId}/finalize`);
  }

  /** Until its file is there, nobody can use the database, and its name is taken. */
  async #undo({ org, name }: DatabaseRef, error: unknown): Promise<void> {
    try {
      await this.#api.call(deleteDatabase, { params: { organizationSlug: org, databaseName: name } });
    } catch (failure) {
      throw new FileRefusedError(
        `${messageOf(error)} The database ${name}, which waits for its file, is left: ${messageOf(failure)}`,
        { cause: error },
      );
    }
  }
}

/** With the status, which says whether it is worth another try. */
class UploadRefusedError extends FileRefusedError {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function refusalOf(response: Response): Promise<UploadRefusedError> {
  const refusal = Refusal.safeParse(await response.json().catch(() => undefined)).data;
  return new UploadRefusedError(
    response.status,
    refusal?.error ?? refusal?.message ?? `the server answered with status ${response.status}`,
  );
}

async function again<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await run();
    } catch (error) {
      if (tries >= TRIES_MAX || signal.aborted || !isPassing(error)) {
        throw error;
      }
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** A TypeError is how `fetch` says that the connection broke. */
function isPassing(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    (error instanceof UploadRefusedError && (error.status >= 500 || error.status === 408 || error.status === 429))
  );
}
