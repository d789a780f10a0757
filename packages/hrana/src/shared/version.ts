/**
 * Versions of the protocol, and what each brought. Source: Hrana 1, 2 and 3 specifications.
 *
 * @module
 */
import { HranaDecodeError } from './errors.ts';

export type HranaVersion = 1 | 2 | 3;

export const NEWEST_VERSION = 3 satisfies HranaVersion;

/** Parts of the shared structures that not every version has. */
export interface Features {
  /** `sql_id` wherever there is SQL (Hrana 2). */
  readonly sqlId: boolean;
  /** `is_autocommit` as a condition, and the request `get_autocommit` (Hrana 3). */
  readonly autocommit: boolean;
}

/**
 * Over HTTP, version 2 knows about autocommit too: Turso's sync client sends `is_autocommit` to `/v2/pipeline`, and
 * Turso's servers accept it there although the specification has it only since version 3.
 */
export function httpFeatures(version: HranaVersion): Features {
  return { sqlId: version >= 2, autocommit: version >= 2 };
}

export function wsFeatures(version: HranaVersion): Features {
  return { sqlId: version >= 2, autocommit: version >= 3 };
}

/** The error for a message that is older than its part `what`. */
export function unsupported(what: string, since: HranaVersion): HranaDecodeError {
  return new HranaDecodeError('violation', `${what} is only supported in protocol version hrana${since} and higher`);
}
