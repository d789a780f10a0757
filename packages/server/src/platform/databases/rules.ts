/**
 * What a database may be called and how its numbers are written.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { databaseLabel, labelProblem } from '../addresses.ts';

export const DATABASE_NAME_MAX = 64;

/**
 * The label of a new database's address.
 *
 * @throws SkerryError database_name_invalid
 */
export function checkedLabel(name: string, organizationSlug: string, locations: Iterable<string>): string {
  const label = databaseLabel(name, organizationSlug);
  const problem = nameProblem(name) ?? labelProblem(label, locations);
  if (problem !== undefined) {
    throw new SkerryError('database_name_invalid', { problem });
  }
  return label;
}

function nameProblem(name: string): string | undefined {
  if (name.length < 1 || name.length > DATABASE_NAME_MAX) {
    return `name must contain between 1 and ${DATABASE_NAME_MAX} characters`;
  }
  return /^[a-z0-9-]+$/.test(name) ? undefined : 'name must contain only lowercase letters, digits and dashes';
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
  tb: 1024 ** 4,
};

/**
 * Bytes of a size such as `256mb`; null, no limit, for nothing and for 0.
 *
 * @throws SkerryError size_limit_invalid
 */
export function parseSizeLimit(value: string | number): number | null {
  const text = String(value).trim().toLowerCase();
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?b|)$/.exec(text);
  const sizeBytes = Math.floor(Number(match?.[1]) * (UNIT_BYTES[match?.[2] ?? ''] ?? Number.NaN));
  if (text !== '' && !Number.isSafeInteger(sizeBytes)) {
    throw new SkerryError('size_limit_invalid', { value });
  }
  return text === '' || sizeBytes === 0 ? null : sizeBytes;
}
