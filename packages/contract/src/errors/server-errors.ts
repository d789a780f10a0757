/**
 * Errors of locations that are sqld servers.
 *
 * @module
 */
import type { ErrorEntry } from './entry.ts';

/** On the Platform API. */
export const SERVER_PLATFORM_ERRORS = {
  location_not_primary: {
    status: 400,
    message: 'location {location} holds replicas only; its primary is {primary}',
    remedy: 'Make the group in the primary location, then add this one.',
  },
  location_mixed: {
    status: 400,
    message: 'location {location} is on another server than {primary}, and cannot be in the same group',
    remedy: 'A group may have the locations of one fleet of servers; make another group for this one.',
  },
  location_unavailable: {
    status: 503,
    message: 'the server of location {location} cannot be reached',
    remedy: 'Try again; /readyz and the log of the server say what is wrong.',
  },
  copy_between_servers: {
    status: 400,
    message: 'a database in {source} cannot be copied to {target}, which is on other servers',
    remedy: 'Dump it there and load the dump here.',
  },
} as const satisfies Record<string, ErrorEntry>;

/** On a database's address. */
export const SERVER_DATA_PLANE_ERRORS = {
  LOCATION_UNAVAILABLE: {
    status: 503,
    message: 'the server of location {location} cannot be reached, or was lost before it answered',
    remedy: 'Try again. A write whose answer was lost may have happened: look before you repeat it.',
  },
  TOKEN_NOT_FOR_LOCATION: {
    status: 403,
    message: 'the server of location {location} cannot enforce a token with permissions by table',
    remedy: 'Use a token with full or read-only access there.',
  },
} as const satisfies Record<string, ErrorEntry>;
