/**
 * Finds the baton in the body of a pipeline or cursor request without decoding it, to choose the host that holds the
 * stream. A wrong guess does no harm: the host decodes the body, and verifies what it finds.
 *
 * @module
 */
import { readHostId } from '../relay/baton.ts';

/** In a JSON text a quoted word that a colon follows is a key: inside a string, its quotes would be escaped. */
const KEY = '"baton"';
const VALUE = /^"baton"\s*:\s*"((?:[^"\\]|\\\/)+)"/;
/** Longer than any baton with its key. */
const LOOK_BYTES = 256;
/** Protobuf: `baton` is field 1 of both request bodies, of type string, and every encoder writes fields in order. */
const PROTOBUF_BATON_TAG = 0x0a;
const PROTOBUF_BATON_LENGTH = 64;

/** The host named by the baton in a body; undefined without one. */
export function peekHostId(body: Buffer, path: string): number | undefined {
  const baton = path.startsWith('/v3-protobuf/') ? protobufBaton(body) : jsonBaton(body);
  return baton === undefined ? undefined : readHostId(baton);
}

function jsonBaton(body: Buffer): string | undefined {
  for (let at = body.indexOf(KEY); at !== -1; at = body.indexOf(KEY, at + KEY.length)) {
    const match = VALUE.exec(body.toString('latin1', at, at + LOOK_BYTES));
    if (match !== null) {
      return match[1]?.replaceAll('\\/', '/');
    }
  }
  return undefined;
}

function protobufBaton(body: Buffer): string | undefined {
  return body[0] === PROTOBUF_BATON_TAG && body[1] === PROTOBUF_BATON_LENGTH
    ? body.toString('latin1', 2, 2 + PROTOBUF_BATON_LENGTH)
    : undefined;
}
