/**
 * Reads a JSON body. Whatever content type it is sent with: the official SDK calls most of its JSON text/plain.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { z } from 'zod';

/** The largest body of an API call is a token's list of permissions. */
export const BODY_MAX_BYTES = 1_048_576;

interface HasBody {
  readonly body: AsyncIterable<Uint8Array> | null;
}

/**
 * The object in the body, `{}` where there is none, with names in lower case: the CLI, being Go, writes some of them
 * in Pascal case, and all names of the contract are lower case.
 *
 * @throws SkerryError body_too_large, invalid_json, invalid_request
 */
export async function readJsonObject(request: HasBody): Promise<Record<string, unknown>> {
  const text = await readText(request);
  if (text.trim() === '') {
    return {};
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SkerryError('invalid_json', undefined, { cause: error });
  }
  if (value === null) {
    return {};
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new SkerryError('invalid_request', { problem: 'the body must be a JSON object' });
  }
  return lowerCaseNames(value) as Record<string, unknown>;
}

async function readText(request: HasBody): Promise<string> {
  if (request.body === null) {
    return '';
  }
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.body) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > BODY_MAX_BYTES) {
        throw new SkerryError('body_too_large', { limitBytes: BODY_MAX_BYTES });
      }
      chunks.push(chunk);
    }
  } catch (error) {
    // A client that went away in the middle is no fault of ours.
    throw error instanceof SkerryError
      ? error
      : new SkerryError('invalid_request', { problem: 'the body ended early' }, { cause: error });
  }
  return Buffer.concat(chunks).toString();
}

function lowerCaseNames(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(lowerCaseNames);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  // A name that is lower case already wins over one that becomes equal to it.
  const entries = Object.entries(value).sort(
    ([a], [b]) => Number(a === a.toLowerCase()) - Number(b === b.toLowerCase()),
  );
  return Object.fromEntries(entries.map(([name, field]) => [name.toLowerCase(), lowerCaseNames(field)]));
}

/** @throws SkerryError invalid_request */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new SkerryError('invalid_request', { problem: `${place === '' ? 'body' : place}: ${issue?.message ?? ''}` });
}
