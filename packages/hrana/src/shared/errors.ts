/**
 * The one error that decoding can end in. A correct client never causes it, so whoever catches it gives up the stream
 * or the socket that the message came on.
 *
 * @module
 */

/**
 * `malformed`: the bytes are not a message at all (not JSON, truncated Protobuf, a field of the wrong type).
 * `violation`: a readable message that the protocol or its version forbids.
 * On a WebSocket the first is close code 1007, the second 1008; over HTTP both are status 400 with the message as text.
 */
export type DecodeErrorKind = 'malformed' | 'violation';

export class HranaDecodeError extends Error {
  override readonly name = 'HranaDecodeError';
  readonly kind: DecodeErrorKind;

  constructor(kind: DecodeErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
