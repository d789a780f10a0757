/**
 * Runs the process that checks a file which a host has received (host/check-upload-main.ts), and has the file put in its
 * place.
 *
 * @module
 */
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { CheckUploadResult } from '../host/check-upload-options.ts';
import type { Command, InstanceRef } from '../relay/messages.ts';
import { runWork } from './work-process.ts';

/** Some twenty minutes for the largest file that may be uploaded, on a slow disk. */
const CHECK_MAX_MS = 30 * 60_000;

export interface UploadPlace {
  readonly dataDir: string;
  readonly maxRowBytes: number;
  readonly command: (command: Command) => Promise<unknown>;
}

/**
 * @param draft name of the file in the database's folder; gone when it is refused
 * @throws SkerryError UPLOAD_INVALID with what is wrong and how to mend it, internal when the process fails
 */
export async function placeUpload(place: UploadPlace, instance: InstanceRef, draft: string): Promise<void> {
  const { dataDir, maxRowBytes, command } = place;
  const { databaseId } = instance;
  const databases = path.join(dataDir, 'databases');
  const output = await runWork({
    entry: 'server/src/host/check-upload-main.ts',
    options: { dataDir, databaseId, draft, maxRowBytes },
    read: [databases],
    write: [databases],
    maxMs: CHECK_MAX_MS,
  });
  const result: CheckUploadResult =
    output === undefined
      ? { ok: false, problem: `its check takes longer than ${CHECK_MAX_MS / 60_000} minutes` }
      : (JSON.parse(output) as CheckUploadResult);
  if (!result.ok) {
    throw new SkerryError('UPLOAD_INVALID', { problem: result.problem });
  }
  await command({ type: 'place_upload', instance, draft });
}
