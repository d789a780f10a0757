/**
 * Identifiers.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

const TURSODB_TAG = 0x10;

/** UUID version 7 (RFC 9562): sorts by the time it was made, which keeps an index on it compact. */
export function timeOrderedId(nowMs: number): string {
  return format(timeOrderedBytes(nowMs));
}

/** Unix time in milliseconds that a time-ordered id carries. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

/**
 * The id of a database. Turso's CLI reads byte 5 of it as the kind of engine, where 0x10 means "Turso", so that value
 * is left out: the id then is one millisecond younger.
 */
export function newDatabaseId(nowMs: number): string {
  const bytes = timeOrderedBytes(nowMs);
  return format(bytes[5] === TURSODB_TAG ? timeOrderedBytes(nowMs + 1) : bytes);
}

/** A UUID as 22 characters of base64url, which is how the API names API tokens. */
export function shortId(uuid: string): string {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url');
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function timeOrderedBytes(nowMs: number): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes;
}

function format(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
