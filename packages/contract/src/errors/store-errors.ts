/**
 * Errors of the control plane's records: where they live on a server of their own, that can be away.
 *
 * @module
 */
import type { ErrorEntry } from './entry.ts';

export const STORE_ERRORS = {
  store_unavailable: {
    status: 503,
    message: 'the records cannot be reached at the moment',
    remedy: 'Try again soon. The operator finds the cause in the server log and in that of PostgreSQL.',
  },
  gone_meanwhile: {
    status: 409,
    message: 'something that the request refers to was deleted meanwhile; nothing was changed',
    remedy: 'Look what is still there, and try again.',
  },
  change_interrupted: {
    status: 409,
    message: 'the change was undone, because the server lost its records while it made it',
    remedy: 'Try again.',
  },
} as const satisfies Record<string, ErrorEntry>;
