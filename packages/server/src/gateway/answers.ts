/**
 * Answers that the gateway gives itself on a database's address: refusals before a host is asked, and failures when
 * none answered.
 *
 * The content type is exactly `application/json` and the body carries `message`, `code` and `error`, because the
 * official clients read one or the other and only under that exact type.
 *
 * @module
 */
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

import { ERRORS, SkerryError } from '@skerry/contract/errors/catalogue';

/** A refusal as it goes to the client. `message` may say more than the catalogue's text. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export function refusal(error: SkerryError, hint = ''): Refusal {
  return { status: error.status, code: error.code, message: error.message + hint };
}

/** A failed authentication, with the text wrapped as sqld wraps it over HTTP (its `error.rs`). */
export function unauthorized(code: keyof typeof ERRORS, message: string): Refusal {
  const { status } = ERRORS[code];
  return { status, code, message: status === 401 ? `Unauthorized: \`${message}\`` : message };
}

export function refuse(response: ServerResponse, { status, code, message }: Refusal): void {
  if (response.headersSent) {
    // Amid a body: a cut connection is the only way left to say that it is not whole.
    response.destroy();
    return;
  }
  const body = JSON.stringify({ message, code, error: message });
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** Refuses a WebSocket upgrade: the socket has no response object yet. */
export function refuseUpgrade(socket: Duplex, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ message, code, error: message });
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}

const PARSER_REFUSALS: ReadonlyMap<unknown, 'HEADERS_TOO_LARGE' | 'REQUEST_TIMEOUT'> = new Map([
  ['HPE_HEADER_OVERFLOW', 'HEADERS_TOO_LARGE'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'REQUEST_TIMEOUT'],
]);

/** What Node's parser gives up on; also a connection that breaks, where there is nobody to tell. */
export function refuseMalformed(error: Error, socket: Duplex): void {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  refuseUpgrade(socket, refusal(new SkerryError(PARSER_REFUSALS.get(code) ?? 'REQUEST_MALFORMED')));
}

/** An answer below this leaves in one write; to copy a larger one into a text would cost more than a second write. */
const ONE_WRITE_MAX_BYTES = 512 * 1024;

/** After `writeHead`: a text leaves in one piece with the head, bytes in a second one. Latin-1 is each byte as it is. */
export function endInOneWrite(response: ServerResponse, body: Buffer): void {
  if (body.length < ONE_WRITE_MAX_BYTES) {
    response.end(body.toString('latin1'), 'latin1');
  } else {
    response.end(body);
  }
}
