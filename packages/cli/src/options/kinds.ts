/**
 * The kinds of value an option can have: how each is written by a person and what the program gets. A kind refuses
 * with a plain `Error` that says what it expects; the caller adds which flag or variable was wrong.
 *
 * @module
 */

import { isIP } from 'node:net';

export interface Kind<T> {
  /** Stands for the value in `--help`, for example `<duration>`. */
  readonly metavar: string;
  /** The text may hold a password and is not repeated in messages. */
  readonly isSecret?: true;
  parse(text: string): T;
}

export interface ListenAddress {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

export interface LocationSpec {
  readonly code: string;
  readonly description: string;
}

export const text: Kind<string> = {
  metavar: 'text',
  parse: (value) => (value.trim() === '' ? refuse('something that is not empty') : value),
};

/** Empty is: none. */
export const optionalText: Kind<string> = { metavar: 'text', parse: (value) => value.trim() };

/** The empty text is none. */
export const optionalFile: Kind<string | undefined> = {
  metavar: 'file',
  parse: (value) => (value.trim() === '' ? undefined : value),
};

export const folder: Kind<string> = { ...text, metavar: 'folder' };

/** `file`, or the URL of a PostgreSQL database. */
export const store: Kind<string> = {
  metavar: 'file|url',
  isSecret: true,
  parse: (value) =>
    value === 'file' || (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value.replace('@/', '@localhost/')))
      ? value
      : refuse('file, or postgres://user:password@host:port/database'),
};

/** A DNS name below which databases get theirs. */
export const domain: Kind<string> = {
  metavar: 'domain',
  parse(value) {
    const name = value.toLowerCase();
    const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
    return name.split('.').every((part) => label.test(part)) ? name : refuse('a domain name such as db.example.org');
  },
};

export const httpUrl: Kind<string> = {
  metavar: 'url',
  parse(value) {
    const parsed = URL.parse(value);
    return parsed !== null && /^https?:$/.test(parsed.protocol)
      ? parsed.href
      : refuse('a URL such as https://files.example.org/dumps/');
  },
};

/** What may stand in a URL path and in a DNS label. */
export const slug: Kind<string> = {
  metavar: 'name',
  parse: (value) =>
    /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(value)
      ? value
      : refuse('up to 32 lower-case letters, digits and dashes, with no dash at either end'),
};

export const listenAddress: Kind<ListenAddress> = {
  metavar: 'host:port',
  parse(value) {
    const match = /^(?:(?<host>\[[^\]]+\]|[^:[\]]*):)?(?<port>\d{1,5})$/.exec(value);
    const port = Number(match?.groups?.['port'] ?? Number.NaN);
    if (!(port <= 65_535)) {
      return refuse('an address such as 127.0.0.1:8080, or a port');
    }
    const host = (match?.groups?.['host'] ?? '').replaceAll(/[[\]]/g, '');
    return { host: host === '' ? '127.0.0.1' : host, port };
  },
};

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds, at least 1. A unit is required: a bare number has been read as either by too many people. */
export const duration: Kind<number> = {
  metavar: 'duration',
  parse(value) {
    const match = /^(?<amount>\d+(?:\.\d+)?)(?<unit>ms|s|m|h|d)$/.exec(value);
    const ms = Math.round(Number(match?.groups?.['amount']) * (DURATION_UNITS[match?.groups?.['unit'] ?? ''] ?? NaN));
    // Node's timers hold 31 bits; a longer one would fire at once.
    return ms >= 1 && ms < 2 ** 31 ? ms : refuse('a duration from 1ms to 24 days, such as 500ms, 5s, 2m, 1h or 7d');
  },
};

export interface BackupPlace {
  readonly bucket: string;
  /** Without slashes at its ends. */
  readonly prefix: string;
}

/** A bucket and what all keys in it begin with; undefined for `off`. */
export const backupTarget: Kind<BackupPlace | undefined> = {
  metavar: 's3-url',
  parse(value) {
    if (value === 'off') {
      return undefined;
    }
    const match = /^s3:\/\/(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(?<prefix>.*?))?\/*$/.exec(value);
    const bucket = match?.groups?.['bucket'];
    return bucket === undefined
      ? refuse('s3://bucket or s3://bucket/prefix')
      : { bucket, prefix: match?.groups?.['prefix'] ?? '' };
  },
};

/** Undefined for `aws`. */
export const endpoint: Kind<string | undefined> = {
  metavar: 'url',
  parse(value) {
    if (value === 'aws') {
      return undefined;
    }
    return URL.canParse(value) && /^https?:/.test(value) ? value : refuse('a URL such as https://store.example:9000');
  },
};

/** In milliseconds; days too, and longer than a timer holds. */
export const age: Kind<number> = {
  metavar: 'duration',
  parse(value) {
    const match = /^(?<amount>\d+(?:\.\d+)?)(?<unit>s|m|h|d)$/.exec(value);
    const unitMs = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[match?.groups?.['unit'] ?? ''] ?? Number.NaN;
    const ms = Math.round(Number(match?.groups?.['amount']) * unitMs);
    return ms >= 1 && ms <= 3_650 * 864e5 ? ms : refuse('a duration of at most ten years, such as 30m, 24h or 10d');
  },
};

export const durationOrZero: Kind<number> = {
  metavar: 'duration',
  parse: (value) => (value === '0' ? 0 : duration.parse(value)),
};

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** In bytes, at least 1. */
export const size: Kind<number> = {
  metavar: 'size',
  parse(value) {
    const match = /^(?<amount>\d+(?:\.\d+)?)(?<unit>[a-z]+)$/.exec(value.toLowerCase());
    const bytes = Math.round(Number(match?.groups?.['amount']) * (SIZE_UNITS[match?.groups?.['unit'] ?? ''] ?? NaN));
    return bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER
      ? bytes
      : refuse('a size such as 500KB, 10MB or 2GB (or KiB, MiB, GiB)');
  },
};

export const count: Kind<number> = {
  metavar: 'number',
  parse: (value) => (/^[1-9]\d{0,8}$/.test(value) ? Number(value) : refuse('a whole number from 1')),
};

/** A count, or `auto`, for which the program finds the number. */
export const countOrAuto: Kind<number | 'auto'> = {
  metavar: 'number|auto',
  parse: (value) =>
    value === 'auto' || /^[1-9]\d{0,8}$/.test(value)
      ? value === 'auto'
        ? value
        : Number(value)
      : refuse('a whole number from 1, or auto'),
};

export const addressRange: Kind<string> = {
  metavar: 'address',
  parse(value) {
    const [address = '', bits] = value.trim().split('/');
    const family = isIP(address);
    const isRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
    return family !== 0 && isRange ? value.trim() : refuse('an address or a range such as 10.0.0.0/8 or ::1');
  },
};

export function choice<const T extends string>(...values: readonly T[]): Kind<T> {
  return {
    metavar: values.join('|'),
    parse: (value) => values.find((known) => known === value) ?? refuse(`one of ${values.join(', ')}`),
  };
}

export const location: Kind<LocationSpec> = {
  metavar: 'code=description',
  parse(value) {
    const [code = '', ...rest] = value.split('=');
    // Two dashes part the location from the database in an address.
    const wellFormed = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(code) && !code.includes('--');
    return wellFormed
      ? { code, description: rest.join('=').trim() || code }
      : refuse('code=description with a code of lower-case letters, digits and single dashes, such as fra=Frankfurt');
  },
};

export interface ClientPlace {
  /** Address or CIDR range. */
  readonly range: string;
  readonly location: string;
}

/** Where clients of some addresses are. */
export const clientPlace: Kind<ClientPlace> = {
  metavar: 'address=code',
  parse(value) {
    const mark = value.lastIndexOf('=');
    const code = value.slice(mark + 1).trim();
    return mark < 1 || code === ''
      ? refuse('addresses and their location, such as 10.1.0.0/16=fra')
      : { range: addressRange.parse(value.slice(0, mark)), location: code };
  },
};

/** Location code → round trip in milliseconds. */
export const latency: Kind<Readonly<Record<string, number>>> = {
  metavar: 'code=duration,…',
  parse(value) {
    const parts = value === 'none' ? [] : value.split(',');
    const entries = parts.map((part): [code: string, ms: number] => {
      const [code = '', time = '', ...rest] = part.split('=').map((text) => text.trim());
      return code === '' || rest.length > 0
        ? refuse('locations and durations, such as lhr=80ms,fra=20ms, or none')
        : [code, duration.parse(time)];
    });
    return Object.fromEntries(entries);
  },
};

function refuse(expected: string): never {
  throw new Error(`expected ${expected}`);
}
