/**
 * Passwords, kept as scrypt hashes together with the parameters that made them, so that these can grow.
 *
 * @module
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

interface Cost {
  /** Work and memory; a power of two. Memory is 128 × n × r bytes. */
  readonly n: number;
  readonly r: number;
  /** Passes one after the other. */
  readonly p: number;
}

/** 32 MB and some 0.2 s each (OWASP's password storage sheet: n = 2^15, r = 8, p = 3). */
const COST: Cost = { n: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const LENGTH_MIN = 10;
/** Far above what people type; scrypt reads all of it. */
const LENGTH_MAX = 1024;
/** Hashing occupies a thread of Node's pool, which files need as well. */
const AT_ONCE = 2;

/** Why nobody may have this password; undefined when it is fine. */
export function passwordProblem(password: string, username: string): string | undefined {
  if (password.length < LENGTH_MIN) {
    return `it must have at least ${LENGTH_MIN} characters`;
  }
  if (password.length > LENGTH_MAX) {
    return `it may have at most ${LENGTH_MAX} characters`;
  }
  if (new Set(password).size < 4) {
    return 'it has too few different characters';
  }
  return password.toLowerCase().includes(username) && password.length < LENGTH_MIN + username.length
    ? 'it is mostly the username'
    : undefined;
}

export class Passwords {
  readonly #cost: Cost;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #unknown: Promise<string> | undefined;

  constructor(cost: Cost = COST) {
    this.#cost = cost;
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const { n, r, p } = this.#cost;
    const hash = await this.#derive(password, salt, this.#cost);
    return ['scrypt', n, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
  }

  /**
   * @param stored undefined for a user without password, or for no user at all: that takes as long, and is false
   */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    this.#unknown ??= this.hash(randomBytes(SALT_BYTES).toString('hex'));
    const [kind, n, r, p, salt = '', expected = ''] = (stored ?? (await this.#unknown)).split('$');
    const cost = { n: Number(n), r: Number(r), p: Number(p) };
    if (kind !== 'scrypt') {
      return false;
    }
    const hash = await this.#derive(password.slice(0, LENGTH_MAX), Buffer.from(salt, 'base64url'), cost);
    const bytes = Buffer.from(expected, 'base64url');
    return bytes.length === hash.length && timingSafeEqual(bytes, hash) && stored !== undefined;
  }

  async #derive(password: string, salt: Buffer, { n, r, p }: Cost): Promise<Buffer> {
    if (this.#running >= AT_ONCE) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await new Promise((resolve, reject) => {
        // Two spellings of the same characters are the same password.
        const text = password.normalize('NFKC');
        const options = { N: n, r, p, maxmem: 256 * n * r };
        scrypt(text, salt, HASH_BYTES, options, (error, key) => (error === null ? resolve(key) : reject(error)));
      });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#running -= 1;
      } else {
        next();
      }
    }
  }
}
