/**
 * Reads untrusted Protobuf. The library checks bounds, depth and UTF-8 of what it reads; this bounds the rest and gives
 * failures their words.
 *
 * @module
 */
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';

import { HranaDecodeError } from '../shared/errors.ts';

/** Reads one whole message with `read`. Blobs in it are views of `data`. */
export function readMessage<Desc extends DescMessage, T>(
  schema: Desc,
  data: Uint8Array,
  sender: 'client' | 'server',
  read: (from: MessageShape<Desc>) => T,
): T {
  try {
    return read(parse(schema, data));
  } catch (error) {
    if (error instanceof HranaDecodeError && error.kind === 'malformed') {
      throw malformed(`Could not decode ${sender} message from Protobuf: ${error.message}`);
    }
    throw error;
  }
}

function parse<Desc extends DescMessage>(schema: Desc, data: Uint8Array): MessageShape<Desc> {
  try {
    return fromBinary(schema, data, { readUnknownFields: false });
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'not Protobuf');
  }
}

/** Only the reason: `readMessage` puts before it what was being read. */
export function malformed(reason: string): HranaDecodeError {
  return new HranaDecodeError('malformed', reason);
}

/** For a oneof that is empty, or holds something that only a later version knows. */
export function unrecognized(what: string): HranaDecodeError {
  return new HranaDecodeError('violation', `${what} type not recognized`);
}

export function limit<T>(list: readonly T[], maxLength: number, what: string): readonly T[] {
  if (list.length > maxLength) {
    throw malformed(`more than ${maxLength} items: ${what}`);
  }
  return list;
}
