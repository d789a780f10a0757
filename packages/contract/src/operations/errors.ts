/**
 * Which errors an operation may answer with.
 *
 * @module
 */
import type { ErrorCode } from '../errors/catalogue.ts';
import type { Operation } from './operation.ts';

const OF_GUARDED: readonly ErrorCode[] = [
  'token_missing',
  'token_invalid',
  'token_wrong_kind',
  'session_invalid',
  'origin_refused',
];
const OF_ORGANIZATIONS: readonly ErrorCode[] = [
  'organization_not_found',
  'not_a_member',
  'role_too_low',
  'scope_missing',
  'token_restricted',
];
const OF_BODIES: readonly ErrorCode[] = ['invalid_json', 'body_too_large'];
/**
 * A query parameter that is no number, a field that is missing, what somebody else deletes meanwhile, records that are out
 * of reach, a fault of ours.
 */
const OF_ALL: readonly ErrorCode[] = ['invalid_request', 'gone_meanwhile', 'store_unavailable', 'internal'];

/** Its own, and those that come with what it asks for. */
export function errorsOf(operation: Operation): ReadonlySet<ErrorCode> {
  const { authority, hasBody, errors } = operation;
  return new Set([
    ...errors,
    ...(authority.kind === 'public' ? [] : OF_GUARDED),
    ...(authority.kind === 'organization' ? OF_ORGANIZATIONS : []),
    ...(authority.kind === 'caller' && authority.unrestricted ? (['token_restricted'] as const) : []),
    ...(authority.kind === 'caller' && authority.operator === true ? (['operator_only'] as const) : []),
    ...(hasBody ? OF_BODIES : []),
    ...OF_ALL,
  ]);
}
