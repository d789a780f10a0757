import type { Readable } from 'node:stream';

import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import { SkerryError } from '@skerry/contract/errors/catalogue';

/**
 * The file in the field `file` of a multipart form, as it comes; other fields are left out. It fails when the client goes
 * away before the form is whole.
 *
 * @throws SkerryError invalid_request when the body is no form, or has no such field
 */
export async function fileOfForm(contentType: string, body: Readable): Promise<Readable> {
  return await new Promise((resolve, reject) => {
    let form: ReturnType<typeof newForm>;
    try {
      form = newForm(contentType);
    } catch (error) {
      reject(notAForm(error));
      return;
    }
    let found: Readable | undefined;
    form.on('file', (field, file) => {
      if (field === 'file' && found === undefined) {
        found = file;
        resolve(file);
      } else {
        file.resume();
      }
    });
    form.on('finish', () => reject(notAForm()));
    form.on('error', (error) => (found === undefined ? reject(notAForm(error)) : found.destroy(toError(error))));
    body.on('error', (error) => {
      reject(notAForm(error));
      found?.destroy(error);
    });
    body.pipe(form);
  });
}

function newForm(contentType: string) {
  const headers: BusboyHeaders = { 'content-type': contentType };
  return new Busboy({ headers, limits: { files: 1, fields: 20, fieldSize: 10_000 } });
}

function notAForm(cause?: unknown): SkerryError {
  const problem = 'send the dump as multipart/form-data, in the field "file"';
  return new SkerryError('invalid_request', { problem }, cause === undefined ? {} : { cause });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
