/**
 * Functions of SQLean's modules `crypto`, `uuid` and `text`, which Turso loads into every database: those that Node's
 * crypto and JavaScript's strings give exactly. Values and errors were compared with SQLean itself (sqlean.test.ts).
 * The others are named in sqlean-missing.ts.
 *
 * @module
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

type Scalar = string | number | bigint | null | Uint8Array;

const PURE = { deterministic: true, useBigIntArguments: true };
const IMPURE = { useBigIntArguments: true };
const UUID = /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** Before the authorizer is set: what is compiled here is ours. */
export function addSqlean(db: DatabaseSync): void {
  const cast = db.prepare('SELECT CAST(? AS TEXT)');
  cast.setReturnArrays(true);
  /** As SQLite writes a number. */
  const textOf = (value: Exclude<Scalar, null>): string => {
    if (typeof value === 'string') {
      return value;
    }
    return value instanceof Uint8Array
      ? Buffer.from(value).toString()
      : String((cast.get(value) as unknown as string[])[0]);
  };
  const bytesOf = (value: Exclude<Scalar, null>): Uint8Array =>
    value instanceof Uint8Array ? value : Buffer.from(textOf(value));
  addCrypto(db, bytesOf, textOf);
  addUuid(db, textOf);
  addText(db, textOf);
}

type TextOf = (value: Exclude<Scalar, null>) => string;

function addCrypto(db: DatabaseSync, bytesOf: (value: Exclude<Scalar, null>) => Uint8Array, textOf: TextOf): void {
  for (const name of ['md5', 'sha1', 'sha256', 'sha384', 'sha512']) {
    const hash = (value: Scalar): Uint8Array | null =>
      value === null ? null : createHash(name).update(bytesOf(value)).digest();
    define(db, PURE, [name, `crypto_${name}`], 1, ([value = null]) => hash(value));
  }
  define(db, PURE, ['encode', 'crypto_encode'], 2, ([value = null, form = null]) => {
    const encoded = encode(Buffer.from(value === null ? '' : bytesOf(value)), form === null ? '' : textOf(form));
    return value === null ? null : encoded;
  });
  define(db, PURE, ['decode', 'crypto_decode'], 2, ([value = null, form = null]) => {
    const decoded = decode(value === null ? '' : textOf(value), form === null ? '' : textOf(form));
    return value === null ? null : decoded;
  });
}

function encode(bytes: Buffer, form: string): string {
  switch (form) {
    case 'base64':
    case 'hex':
      return bytes.toString(form);
    case 'url':
      return Array.from(bytes, (byte) => {
        const character = String.fromCharCode(byte);
        return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
      }).join('');
    default:
      throw unknownForm(form);
  }
}

function decode(text: string, form: string): Uint8Array {
  switch (form) {
    case 'base64':
      return checked(text, /^(?:[\w+/]{4})*(?:[\w+/]{2}==|[\w+/]{3}=)?$/, (sound) => Buffer.from(sound, 'base64'));
    case 'hex':
      return checked(text, /^(?:[\da-f]{2})*$/i, (sound) => Buffer.from(sound, 'hex'));
    case 'url':
      return checked(text, /^(?:[^%]|%[\da-f]{2})*$/i, (sound) =>
        Buffer.from(
          Buffer.from(sound.replaceAll('+', ' '))
            .toString('latin1')
            .replaceAll(/%(..)/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))),
          'latin1',
        ),
      );
    default:
      throw unknownForm(form);
  }
}

function checked(text: string, form: RegExp, read: (sound: string) => Uint8Array): Uint8Array {
  if (!form.test(text) || text.includes('_')) {
    throw new Error('invalid input string');
  }
  return read(text);
}

function unknownForm(form: string): Error {
  return ['base32', 'base85'].includes(form)
    ? new Error(`${form} is not offered by this server: use base64, hex or url, or encode in the client`)
    : new Error('unknown encoding');
}

function addUuid(db: DatabaseSync, textOf: TextOf): void {
  define(db, IMPURE, ['uuid4', 'gen_random_uuid'], 0, () => randomUUID());
  define(db, IMPURE, ['uuid7'], 0, () => uuid7(Date.now()));
  const digitsOf = (value: Scalar): string[] | undefined => {
    if (value === null) {
      return undefined;
    }
    const isBinary = value instanceof Uint8Array;
    const text = isBinary && value.length === 16 ? Buffer.from(value).toString('hex') : textOf(value);
    return UUID.exec(text)?.slice(1);
  };
  define(db, PURE, ['uuid_str'], 1, ([value = null]) => digitsOf(value)?.join('-').toLowerCase() ?? null);
  define(db, PURE, ['uuid_blob'], 1, ([value = null]) => {
    const digits = digitsOf(value);
    return digits === undefined ? null : Buffer.from(digits.join(''), 'hex');
  });
}

/** RFC 9562, 5.7: the time in milliseconds, then random bits. */
function uuid7(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const flag = (is: boolean): bigint => (is ? 1n : 0n);

function addText(db: DatabaseSync, textOf: TextOf): void {
  /** Null when any argument is. */
  const strict =
    (work: (texts: string[], values: readonly Scalar[]) => Scalar) =>
    (values: readonly Scalar[]): Scalar => {
      const texts = values.flatMap((value) => (value === null ? [] : [textOf(value)]));
      return texts.length < values.length ? null : work(texts, values);
    };
  define(
    db,
    PURE,
    ['text_length'],
    1,
    strict(([text = '']) => BigInt(Array.from(text).length)),
  );
  define(
    db,
    PURE,
    ['text_size'],
    1,
    strict(([text = '']) => BigInt(Buffer.byteLength(text))),
  );
  define(
    db,
    PURE,
    ['text_reverse', 'reverse'],
    1,
    strict(([text = '']) => Array.from(text).toReversed().join('')),
  );
  define(
    db,
    PURE,
    ['text_contains'],
    2,
    strict(([text = '', part = '']) => flag(text.includes(part))),
  );
  define(
    db,
    PURE,
    ['text_has_prefix', 'starts_with'],
    2,
    strict(([text = '', part = '']) => flag(text.startsWith(part))),
  );
  define(
    db,
    PURE,
    ['text_has_suffix'],
    2,
    strict(([text = '', part = '']) => flag(text.endsWith(part))),
  );
  define(
    db,
    PURE,
    ['text_count'],
    2,
    strict(([text = '', part = '']) => BigInt(part === '' ? 0 : text.split(part).length - 1)),
  );
  define(
    db,
    PURE,
    ['text_index', 'strpos'],
    2,
    strict(([text = '', part = '']) => {
      const at = text.indexOf(part);
      return at === -1 ? 0n : BigInt(Array.from(text.slice(0, at)).length + 1);
    }),
  );
  define(
    db,
    PURE,
    ['text_split', 'split_part'],
    3,
    strict(([text = '', separator = ''], [, , part]) => splitPart(text, separator, part)),
  );
  // Null, and not a part left out, only for the separator.
  db.function('text_join', { ...PURE, varargs: true }, (...values: Scalar[]) => {
    const [separator = null, ...parts] = values;
    if (parts.length === 0) {
      throw new Error('expected at least 2 parameters');
    }
    return separator === null
      ? null
      : parts.flatMap((part) => (part === null ? [] : [textOf(part)])).join(textOf(separator));
  });
  db.function('text_concat', { ...PURE, varargs: true }, (...values: Scalar[]) =>
    values.flatMap((value) => (value === null ? [] : [textOf(value)])).join(''),
  );
}

function splitPart(text: string, separator: string, part: Scalar | undefined): string {
  if (typeof part !== 'bigint') {
    throw new Error('part parameter should be integer');
  }
  if (part === 0n) {
    throw new Error('part parameter should not be 0');
  }
  const parts = separator === '' ? [text] : text.split(separator);
  // SQLean's: a separator that is longer than the text makes no first part either.
  if (Buffer.byteLength(separator) > Buffer.byteLength(text)) {
    return '';
  }
  return parts.at(part > 0n ? Number(part) - 1 : Number(part)) ?? '';
}

/** Under each of its names. SQLite counts the parameters that a function declares. */
function define(
  db: DatabaseSync,
  options: typeof PURE | typeof IMPURE,
  names: readonly string[],
  count: 0 | 1 | 2 | 3,
  work: (values: readonly Scalar[]) => Scalar,
): void {
  const functions = [
    () => work([]),
    (a: Scalar) => work([a]),
    (a: Scalar, b: Scalar) => work([a, b]),
    (a: Scalar, b: Scalar, c: Scalar) => work([a, b, c]),
  ];
  for (const name of names) {
    db.function(name, options, functions[count] as (...values: unknown[]) => Scalar);
  }
}
