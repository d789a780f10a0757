/**
 * `POST /v1/upload`: the file of a database that was created to be filled by one (`seed.type = database_upload`).
 *
 * The body goes to a file beside the database's own, is checked there, and takes its place by a rename: whatever goes
 * wrong before leaves the database as it was, waiting for its upload.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import { withSidecars } from '../../files/layout.ts';
import { syncDatabase, syncFolder } from '../../files/sync-path.ts';
import { checkUpload } from '../../sql/upload-check.ts';
import { json } from './request.ts';
import type { Answer, HostRequest } from './request.ts';

/** A check reads the whole file: the gateway must not take the host for stuck. */
const CHECK_MS_PER_MEGABYTE = 50;
const CHECK_MS_MIN = 60_000;
const FORGOTTEN_MS = 60 * 60_000;

export async function upload(request: HostRequest): Promise<Answer> {
  const { head, services } = request;
  request.checkRights();
  if (!head.settings.awaitingUpload) {
    throw new SkerryError('UPLOAD_NOT_EXPECTED');
  }
  if (head.rights.level !== 'full') {
    throw new SkerryError('FORBIDDEN', { reason: 'an upload needs a token with full access' });
  }
  const target = services.databases.path(head.instance);
  const folder = path.dirname(target);
  removeForgotten(folder);
  const draft = path.join(folder, `upload-${randomUUID()}.tmp`);
  try {
    const sizeBytes = await receive(request, draft);
    services.cell.running(request.channel.id, CHECK_MS_MIN + (sizeBytes / 1_000_000) * CHECK_MS_PER_MEGABYTE);
    checkUpload(draft, { maxRowBytes: services.limits.maxRowBytes });
    syncDatabase(draft);
    services.databases.release(head.instance.databaseId, 'moved');
    for (const file of withSidecars(target)) {
      rmSync(file, { force: true });
    }
    renameSync(draft, target);
    syncFolder(folder);
    return json('{}');
  } finally {
    for (const file of withSidecars(draft)) {
      rmSync(file, { force: true });
    }
  }
}

/** What an upload left behind whose host was killed. One that goes on was written to just now. */
function removeForgotten(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => /^upload-.*\.tmp/.test(each))) {
    const file = path.join(folder, name);
    if (Date.now() - statSync(file).mtimeMs > FORGOTTEN_MS) {
      rmSync(file, { force: true });
    }
  }
}

/**
 * Writes the body to a file; returns its size in bytes. The channel's handlers are set before
 * anything is awaited: what comes on a channel without one is lost.
 */
async function receive(request: HostRequest, draft: string): Promise<number> {
  const { channel, services } = request;
  const { maxUploadBytes } = services.limits;
  const file = openSync(draft, 'w', 0o600);
  const whole = Promise.withResolvers<void>();
  let sizeBytes = 0;
  request.onAbort(() => whole.reject(new SkerryError('UPLOAD_INVALID', { problem: 'it ended before it was whole' })));
  channel.onEnd = () => whole.resolve();
  const take = (bytes: Buffer): void => {
    sizeBytes += bytes.length;
    if (sizeBytes > maxUploadBytes) {
      whole.reject(new SkerryError('UPLOAD_TOO_LARGE', { limitBytes: maxUploadBytes }));
      return;
    }
    try {
      request.caller.beforeWork();
      writeWhole(file, bytes);
    } catch (error) {
      whole.reject(new SkerryError('STORAGE_FAILED', {}, { cause: error }));
    }
  };
  channel.onData = take;
  take(request.body);
  if (request.isWhole) {
    whole.resolve();
  }
  try {
    await whole.promise;
  } finally {
    channel.onData = undefined;
    closeSync(file);
  }
  if (sizeBytes === 0) {
    throw new SkerryError('UPLOAD_INVALID', { problem: 'it is empty; send the SQLite file as the body' });
  }
  return sizeBytes;
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) {
    at += writeSync(file, bytes, at);
  }
}
