/**
 * Which version brought which request; the same in both encodings. Source: Hrana 3 specification, the notes at the end
 * of each request.
 *
 * @module
 */
import { type HranaVersion, unsupported } from '../shared/version.ts';
import type { Request } from './proto.ts';

const SINCE: Readonly<Record<Request['type'], HranaVersion>> = {
  open_stream: 1,
  close_stream: 1,
  execute: 1,
  batch: 1,
  sequence: 2,
  describe: 2,
  store_sql: 2,
  close_sql: 2,
  open_cursor: 3,
  close_cursor: 3,
  fetch_cursor: 3,
  get_autocommit: 3,
};

/** Hands the request back if `version` knows it. */
export function checkRequest(request: Request, version: HranaVersion): Request {
  const since = SINCE[request.type];
  if (version < since) {
    throw unsupported(`The \`${request.type}\` request`, since);
  }
  return request;
}
