/**
 * Errors on the address of a database. Codes and texts are sqld's where sqld has the error (its `auth/errors.rs`,
 * `hrana/stmt.rs` and `error.rs`), because drivers match on them.
 *
 * SQLite's own codes (`SQLITE_CONSTRAINT` and so on) are not listed: they are passed on as the engine gives them.
 *
 * @module
 */
import type { ErrorEntry } from './entry.ts';

const MINT = 'Make a token for this database with "db tokens create".';

export const DATA_PLANE_ERRORS = {
  OFF_SITE_NOT_STORED: {
    status: 503,
    message: 'the commit is made on this machine, but the backup could not store it in time',
    remedy: 'Look at "skerry backup status". The commit stays; it is stored as soon as the object store takes it.',
  },
  // Authentication. Over HTTP the text is wrapped once more: Unauthorized: `<message>`.
  AUTH_HEADER_NOT_FOUND: {
    status: 401,
    message: 'Expected authorization header but none given',
    remedy: MINT,
  },
  AUTH_HEADER_MALFORMED: {
    status: 401,
    message: "Auth string does not conform to '<scheme> <token>' form",
    remedy: 'Send "Authorization: Bearer TOKEN".',
  },
  AUTH_HTTP_HEADER_MISSING: {
    status: 401,
    message: 'The `Authorization` HTTP header is required but was not specified',
    remedy: MINT,
  },
  AUTH_HTTP_HEADER_INVALID: {
    status: 401,
    message: 'The `Authorization` HTTP header has invalid value',
    remedy: 'Send "Authorization: Bearer TOKEN".',
  },
  AUTH_HTTP_HEADER_UNSUPPORTED_SCHEME: {
    status: 401,
    message: 'The authentication scheme in the `Authorization` HTTP header is not supported',
    remedy: 'Send "Authorization: Bearer TOKEN".',
  },
  AUTH_BASIC_NOT_ALLOWED: {
    status: 401,
    message: 'The `Basic` HTTP authentication scheme is not allowed',
    remedy: 'Send "Authorization: Bearer TOKEN".',
  },
  AUTH_JWT_MISSING: {
    status: 401,
    message: 'Authentication is required but no JWT was specified',
    remedy: MINT,
  },
  AUTH_JWT_INVALID: {
    status: 401,
    message: 'The JWT is invalid',
    remedy: `${MINT} Tokens made before a rotation are invalid.`,
  },
  AUTH_JWT_EXPIRED: {
    status: 401,
    message: 'The JWT has expired',
    remedy: MINT,
  },
  AUTH_JWT_IMMATURE: {
    status: 401,
    message: 'The JWT is immature (not valid yet)',
    remedy: 'Compare the clocks of this server and of whoever made the token.',
  },
  FUNCTION_NOT_OFFERED: {
    status: 400,
    message: 'no such function: {name}',
    remedy: 'Compute it in the client; docs/sql.md lists the functions of SQLean that are there.',
  },
  AUTH_KEYS_UNAVAILABLE: {
    status: 503,
    message: 'The keys of the issuer of this token cannot be fetched now',
    remedy: 'Look whether this server reaches the address of the key set that the organization has saved.',
  },
  AUTH_FAILED: {
    status: 401,
    message: 'Authentication failed',
    remedy: MINT,
  },

  // Authorization and addressing.
  NAMESPACE_NOT_FOUND: {
    status: 404,
    message: "Namespace `{namespace}` doesn't exist",
    remedy: 'Compare the address with the Hostname of the database; the token must be one for this database.',
  },
  FORBIDDEN: {
    status: 403,
    message: 'Authorization forbidden: {reason}',
    remedy: 'Use a token with the missing right.',
  },
  ADDRESS_NOT_ALLOWED: {
    status: 403,
    message: 'Authorization forbidden: the address {address} is not in the allow list of this database',
    remedy: 'Add the address to allowed_ips in the configuration of the database.',
  },
  INVALID_HOST: {
    status: 400,
    message: 'Invalid host header: `{host}`',
    remedy: 'Use the Hostname of the database, or its path on the address of the server.',
  },
  BLOCKED: {
    status: 403,
    message: 'Operation was blocked: {reason}',
    remedy: 'Reads or writes of this database are switched off in its configuration, or a limit is reached.',
  },
  AWAITING_UPLOAD: {
    status: 409,
    message: 'the database waits for its upload and cannot be queried yet',
    remedy: 'Upload the file that it was created for, or delete the database.',
  },
  UPLOAD_NOT_EXPECTED: {
    status: 409,
    message: 'the database does not wait for an upload',
    remedy: 'Create a database with the seed type database_upload.',
  },

  UPLOAD_INVALID: {
    status: 400,
    message: 'the uploaded file cannot be used: {problem}',
    remedy: 'Upload a SQLite database with pages of 4096 bytes and text in UTF-8, not encrypted.',
  },
  UPLOAD_NOT_STARTED: {
    status: 404,
    message: 'there is no such upload',
    remedy: 'Begin one with PUT /v2/upload/start; one that was left alone for an hour is gone.',
  },
  UPLOAD_TOO_LARGE: {
    status: 413,
    message: 'the file is larger than {limitBytes} bytes',
    remedy: 'Upload a smaller database, or raise the upload limit of the server.',
  },
  STORAGE_FAILED: {
    status: 503,
    message: 'the file could not be written',
    remedy: 'Look whether the disk of the server is full.',
  },
  DATABASE_DELETED: {
    status: 404,
    message: 'the database, or this instance of it, was deleted',
    remedy: 'Compare the address with the Hostname of the database.',
  },
  COPY_UNKNOWN: {
    status: 409,
    message: 'this copy does not belong to this database as it is now: {problem}',
    remedy:
      'Delete the local file and the metadata beside it, and sync again. Check that the address is the right one.',
  },
  COPY_TOO_OLD: {
    status: 409,
    message: 'this copy is so far behind that the changes in between are not kept any more',
    remedy: 'Delete the local file and the metadata beside it, and sync again.',
  },
  PUSH_TOO_LARGE: {
    status: 413,
    message: 'a transaction of more than {limitBytes} bytes cannot be pushed',
    remedy: 'Write smaller transactions offline, or write to the database directly.',
  },
  COPY_BUSY: {
    status: 503,
    message: 'the database cannot be copied right now: {problem}',
    remedy: 'Sync again shortly.',
  },
  NOT_A_PRIMARY: {
    status: 400,
    message: 'database is not a primary',
    remedy: 'Ask the primary instance of the database.',
  },
  PATH_NOT_FOUND: {
    status: 404,
    message: 'there is nothing at {method} {path} on the address of a database{hint}',
    remedy: 'Compare the path with the reference; the Platform API has an address of its own.',
  },

  // Load and time.
  TOO_MANY_REQUESTS: {
    status: 429,
    message: 'Too many concurrent requests',
    remedy: 'Try again; a client should back off.',
  },
  HOST_LOST: {
    status: 503,
    message: 'the process that ran this request ended before it answered; a write may or may not have taken effect',
    remedy: 'Reads can be repeated. Check whether a write took effect before repeating it.',
  },
  HOST_UNAVAILABLE: {
    status: 503,
    message: 'no process can serve this database right now',
    remedy: 'Try again shortly.',
  },
  STARTING: {
    status: 503,
    message: 'the server is starting',
    remedy: 'Try again shortly; /health answers 200 when it is ready.',
  },
  STREAM_LOST: {
    status: 400,
    message: 'the stream was lost with the process that held it; its open transaction was rolled back',
    remedy: 'Begin a new stream and repeat the transaction from its start.',
  },
  STREAM_EXPIRED: {
    status: 400,
    message: 'The stream has expired due to inactivity',
    remedy: 'Begin a new stream. How long an idle stream is kept is an option of the server.',
  },
  STREAM_REPLACED: {
    status: 400,
    message: 'the stream ended when the file of its database was replaced; its open transaction was rolled back',
    remedy: 'Begin a new stream and repeat the transaction from its start.',
  },
  STREAM_CLOSED: {
    status: 400,
    message: 'Stream for this baton was closed',
    remedy: 'Send nothing after a close request; begin a new stream.',
  },
  STREAM_NOT_OPEN: {
    status: 400,
    message: 'the stream has failed to open',
    remedy: 'Look at the error that opening the stream was answered with.',
  },
  CURSOR_NOT_OPEN: {
    status: 400,
    message: 'Cursor {cursor} has failed to open',
    remedy: 'Look at the error that opening the cursor was answered with.',
  },
  BATON_INVALID: {
    status: 400,
    message: 'Received an invalid baton',
    remedy: 'Begin a new stream. Batons end with their stream, and with the server.',
  },
  BATON_REUSED: {
    status: 400,
    message: 'Received a baton that has already been used',
    remedy: 'Send the requests of one stream one after another, each with the baton of the answer before.',
  },
  TOO_MANY_STREAMS: {
    status: 429,
    message: 'there are {limit} streams in use, which is the limit',
    remedy: 'Close streams that are not needed, or try again; a client should back off.',
  },
  PROTOCOL_VIOLATED: {
    status: 400,
    message: '{problem}',
    remedy: 'The client sent what the protocol does not allow; report it to the maker of the client.',
  },
  REQUEST_MALFORMED: {
    status: 400,
    message: 'this is no sound HTTP request',
    remedy: 'Look at what the client, or a proxy between, sends: the request line, the headers, the length.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    message: 'the address and the headers of the request are too long',
    remedy: 'Send less in them: SQL and arguments belong into the body.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    message: 'the request did not arrive in time',
    remedy: 'Send it again; look at the network between.',
  },
  REQUEST_TOO_LARGE: {
    status: 413,
    message: 'the request is larger than {limitBytes} bytes',
    remedy: 'Send the data in several requests, or upload a database file.',
  },
  STATEMENT_TIMEOUT: {
    status: 400,
    message: 'the statement ran longer than {limitMs} ms and was ended',
    remedy: 'Make the statement cheaper, or raise the statement time limit of the server.',
  },
  TRANSACTION_TIMEOUT: {
    status: 400,
    message: 'Transaction timed out',
    remedy: 'Keep write transactions short: another write waited, and this one had its time.',
  },
  TRANSACTION_BUSY: {
    status: 429,
    message: 'Server cannot handle additional transactions',
    remedy: 'Try again; a client should back off.',
  },
  RESPONSE_TOO_LARGE: {
    status: 400,
    message: 'Response is too large',
    remedy: 'Read fewer rows at once, or use a cursor.',
  },
} as const satisfies Record<string, ErrorEntry>;
