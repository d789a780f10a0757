/**
 * What a new database is filled with.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { parseTime } from '../usage/go-time.ts';

export type Seed =
  | { readonly kind: 'empty' }
  | { readonly kind: 'upload' }
  /** `atMs`: as it was at that time; without it, as it is. */
  | { readonly kind: 'copy'; readonly databaseName: string; readonly atMs: number | undefined }
  | { readonly kind: 'dump'; readonly url: string };

export interface SeedInput {
  readonly type: string;
  readonly name?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly timestamp?: string | null | undefined;
}

/** @throws SkerryError seed_invalid, time_invalid */
export function readSeed(input: SeedInput | null | undefined): Seed {
  if (input === null || input === undefined) {
    return { kind: 'empty' };
  }
  switch (input.type) {
    case 'database_upload':
      return { kind: 'upload' };
    case 'database': {
      // The API documents `name`; the CLI sends `value`.
      const databaseName = isGiven(input.name) ? input.name : input.value;
      if (!isGiven(databaseName)) {
        throw new SkerryError('seed_invalid', { problem: 'name the database to copy in seed.name' });
      }
      const atMs = isGiven(input.timestamp) ? parseTime('seed.timestamp', input.timestamp) : undefined;
      return { kind: 'copy', databaseName, atMs };
    }
    case 'dump':
      if (!isGiven(input.url)) {
        throw new SkerryError('seed_invalid', { problem: 'give the URL of the dump in seed.url' });
      }
      return { kind: 'dump', url: input.url };
    default:
      throw new SkerryError('seed_invalid', { problem: `unknown type ${JSON.stringify(input.type)}` });
  }
}

function isGiven(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && text !== '';
}
