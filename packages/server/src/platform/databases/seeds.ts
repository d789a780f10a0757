/**
 * What a new database is filled with.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

export type Seed =
  | { readonly kind: 'empty' }
  | { readonly kind: 'upload' }
  | { readonly kind: 'copy'; readonly databaseName: string }
  | { readonly kind: 'dump'; readonly url: string };

export interface SeedInput {
  readonly type: string;
  readonly name?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly timestamp?: string | null | undefined;
}

/** @throws SkerryError seed_invalid, not_offered */
export function readSeed(input: SeedInput | null | undefined): Seed {
  if (input === null || input === undefined) {
    return { kind: 'empty' };
  }
  switch (input.type) {
    case 'database_upload':
      return { kind: 'upload' };
    case 'database': {
      if (isGiven(input.timestamp)) {
        throw new SkerryError('not_offered', { feature: 'a copy as of an earlier time (seed.timestamp)' });
      }
      // The API documents `name`; the CLI sends `value`.
      const databaseName = isGiven(input.name) ? input.name : input.value;
      if (!isGiven(databaseName)) {
        throw new SkerryError('seed_invalid', { problem: 'name the database to copy in seed.name' });
      }
      return { kind: 'copy', databaseName };
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
