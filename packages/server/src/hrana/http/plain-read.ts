/**
 * Whether a request may be run by a second host while the first, which is busy, may yet run it too: only when all of it
 * reads in autocommit.
 *
 * @module
 */
import type { StreamRequest } from '@skerry/hrana/http/proto';
import type { Batch, SqlSource } from '@skerry/hrana/shared/proto';

import type { Caller, Stream } from '../stream.ts';

export function isPlainRead(stream: Stream, requests: readonly StreamRequest[], caller: Caller): boolean {
  return requests.every((request) => {
    switch (request.type) {
      case 'execute':
        return reads(stream, request.stmt.source, caller);
      case 'batch':
        return isPlainBatch(stream, request.batch, caller);
      case 'sequence':
        return reads(stream, request.source, caller);
      case 'describe':
      case 'close':
      case 'get_autocommit':
        return true;
      case 'store_sql':
      case 'close_sql':
        return false;
    }
  });
}

export function isPlainBatch(stream: Stream, { steps }: Batch, caller: Caller): boolean {
  return steps.every(({ stmt }) => reads(stream, stmt.source, caller));
}

/** Stored texts are a matter of the stream that has them. */
function reads(stream: Stream, source: SqlSource, { scope }: Caller): boolean {
  return source.sql !== undefined && stream.connection.isPlainRead(source.sql, scope);
}
