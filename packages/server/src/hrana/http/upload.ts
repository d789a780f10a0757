/**
 * `POST /v1/upload`: the file of a database that was created to be filled by one (`seed.type = database_upload`).
 *
 * The body goes to a file beside the database's own, is checked there by a process of its own (placement/upload-process.ts),
 * and takes its place by a rename: whatever goes wrong before leaves the database as it was, waiting for its upload. In
 * parts: upload-parts.ts.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import { withSidecars } from '../../files/layout.ts';
import { receiveFile } from './receive-file.ts';
import { json } from './request.ts';
import type { Answer, HostRequest } from './request.ts';

const FORGOTTEN_MS = 60 * 60_000;

export async function upload(request: HostRequest): Promise<Answer> {
  const folder = uploadFolder(request);
  const draft = path.join(folder, `upload-${randomUUID()}.tmp`);
  try {
    const file = openSync(draft, 'w', 0o600);
    let sizeBytes: number;
    try {
      sizeBytes = await receiveFile(request, { file, offset: 0, maxBytes: request.services.limits.maxUploadBytes });
    } finally {
      closeSync(file);
    }
    if (sizeBytes === 0) {
      throw new SkerryError('UPLOAD_INVALID', { problem: 'it is empty; send the SQLite file as the body' });
    }
    return handOver(draft);
  } catch (error) {
    removeUpload(draft);
    throw error;
  }
}

/**
 * Where the request may put what it uploads: the folder of its database.
 *
 * @throws SkerryError when the database waits for no file, or the token may not fill it
 */
export function uploadFolder(request: HostRequest): string {
  const { head, services } = request;
  request.checkRights();
  if (!head.settings.awaitingUpload) {
    throw new SkerryError('UPLOAD_NOT_EXPECTED');
  }
  if (head.rights.level !== 'full') {
    throw new SkerryError('FORBIDDEN', { reason: 'an upload needs a token with full access' });
  }
  const folder = path.dirname(services.databases.path(head.instance));
  removeForgotten(folder);
  return folder;
}

/** The file is whole. The gateway has it checked, which takes longer than a host may be busy, and put in its place. */
export function handOver(draft: string): Answer {
  return { ...json('{}'), uploaded: path.basename(draft) };
}

export function removeUpload(draft: string): void {
  for (const file of withSidecars(draft)) {
    rmSync(file, { force: true });
  }
}

/** What an upload left behind whose host was killed. One that goes on was written to just now. */
function removeForgotten(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => /^upload-.*\.tmp/.test(each))) {
    const file = path.join(folder, name);
    if (Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > FORGOTTEN_MS) {
      rmSync(file, { force: true });
    }
  }
}
