/**
 * An upload in parts, as the official CLI sends large files: `PUT /v2/upload/start`, then each part at
 * `/v2/upload/<id>/chunk/<number>` as often as it takes, then `/v2/upload/<id>/finalize`. Source: turso-cli
 * `tursoServer.go`; its releases of December 2025 leave the id out, and mean the only upload there is.
 *
 * Any part may reach any host, and a host may die between two of them, so all that is known is on disk, beside the
 * database: `upload-<id>.tmp`, as long as the whole file will be, and `upload-<id>.tmp.parts` with one byte for each
 * part, set when that part is there as a whole. A part that comes twice is written twice, with the same bytes. None of
 * it is worth anything until `finalize`; what nobody finishes goes with a later upload, or with the database.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import { z } from 'zod';

import { receiveFile } from './receive-file.ts';
import { json } from './request.ts';
import type { Answer, HostRequest } from './request.ts';
import { handOver, uploadFolder } from './upload.ts';

/** Small enough to send again when a connection breaks, large enough that 20 GB are some thousand requests. */
const PART_BYTES = 8 * 1024 * 1024;
const PART_ARRIVED = 1;

const Start = z.object({ db_size_bytes: z.number().int().positive() });

export async function startUpload(request: HostRequest): Promise<Answer> {
  const folder = uploadFolder(request);
  const { maxUploadBytes } = request.services.limits;
  const start = Start.safeParse(parsed(request.body));
  if (!start.success) {
    throw new SkerryError('UPLOAD_INVALID', { problem: 'say how large it is: {"db_size_bytes": <bytes>}' });
  }
  const sizeBytes = start.data.db_size_bytes;
  if (sizeBytes > maxUploadBytes) {
    throw new SkerryError('UPLOAD_TOO_LARGE', { limitBytes: maxUploadBytes });
  }
  const uploadId = randomUUID();
  const draft = path.join(folder, `upload-${uploadId}.tmp`);
  makeFile(draft, sizeBytes);
  makeFile(partsFile(draft), Math.ceil(sizeBytes / PART_BYTES));
  return await Promise.resolve(json(JSON.stringify({ chunk_size: PART_BYTES, upload_id: uploadId })));
}

export async function uploadPart(request: HostRequest): Promise<Answer> {
  const draft = findDraft(request);
  const number = Number(/\/chunk\/(\d{1,9})$/.exec(request.head.path)?.[1] ?? NaN);
  const { sizeBytes, parts } = stateOf(draft);
  if (!(number < parts.length)) {
    throw new SkerryError('UPLOAD_INVALID', {
      problem: `it has the parts 0 to ${parts.length - 1}, and none of the number ${number}`,
    });
  }
  const offset = number * PART_BYTES;
  const partBytes = Math.min(PART_BYTES, sizeBytes - offset);
  const file = openSync(draft, 'r+');
  try {
    const received = await receiveFile(request, { file, offset, maxBytes: partBytes });
    if (received !== partBytes) {
      throw new SkerryError('UPLOAD_INVALID', {
        problem: `part ${number} has ${received} bytes, but should have ${partBytes}; send it again`,
      });
    }
  } finally {
    closeSync(file);
  }
  const marks = openSync(partsFile(draft), 'r+');
  writeSync(marks, Buffer.of(PART_ARRIVED), 0, 1, number);
  closeSync(marks);
  return json('{}');
}

export async function finishUpload(request: HostRequest): Promise<Answer> {
  const draft = findDraft(request);
  const { parts } = stateOf(draft);
  const missing = parts.findIndex((mark) => mark !== PART_ARRIVED);
  if (missing !== -1) {
    throw new SkerryError('UPLOAD_INVALID', { problem: `part ${missing} of ${parts.length} has not arrived` });
  }
  // Nobody else finds it any more.
  rmSync(partsFile(draft));
  return await Promise.resolve(handOver(draft));
}

/** The file of the upload that the path names; without an id, of the only one. */
function findDraft(request: HostRequest): string {
  const folder = uploadFolder(request);
  const uploadId = /^\/v2\/upload\/([0-9a-f-]{36})\//.exec(request.head.path)?.[1];
  const names = readdirSync(folder).filter((name) =>
    uploadId === undefined ? /^upload-.*\.tmp\.parts$/.test(name) : name === `upload-${uploadId}.tmp.parts`,
  );
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new SkerryError('UPLOAD_NOT_STARTED');
  }
  return path.join(folder, name.slice(0, -'.parts'.length));
}

function stateOf(draft: string): { readonly sizeBytes: number; readonly parts: Buffer } {
  try {
    return { sizeBytes: statSync(draft).size, parts: readFileSync(partsFile(draft)) };
  } catch (error) {
    throw new SkerryError('UPLOAD_NOT_STARTED', {}, { cause: error });
  }
}

function partsFile(draft: string): string {
  return `${draft}.parts`;
}

function makeFile(file: string, sizeBytes: number): void {
  const opened = openSync(file, 'wx', 0o600);
  ftruncateSync(opened, sizeBytes);
  closeSync(opened);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
