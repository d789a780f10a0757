/**
 * Whose is this request? An address names the bare server (Platform API, page) or a database, by host name, by path or
 * by header; see docs/addresses.md for the forms.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';

import { readLabel } from '../platform/addresses.ts';
import type { Addresses } from '../platform/addresses.ts';
import type { Directory, DirectoryEntry, DirectoryInstance, MaybeAtOnce } from '../platform/directory.ts';

/** A database's instance, and what of the path remains below its address. */
export interface DatabaseTarget {
  readonly kind: 'database';
  readonly entry: DirectoryEntry;
  readonly instance: DirectoryInstance;
  /** Begins with a slash. */
  readonly path: string;
}

export type Target =
  | { readonly kind: 'bare' }
  | DatabaseTarget
  /** The address is a database's by its form, and there is none. `hint` tells of a likely mistake. */
  | { readonly kind: 'missing'; readonly namespace: string; readonly hint: string };

const BARE: Target = { kind: 'bare' };
const PATH_PREFIX = '/db/';
/** sqld's own path form, which clients that were written for sqld use: /dev/<namespace>/v2/pipeline. */
const SQLD_PATH_PREFIX = '/dev/';

export class Targets {
  readonly #addresses: Addresses;
  readonly #directory: Directory;
  readonly #locations: readonly string[];

  constructor(addresses: Addresses, directory: Directory, locations: Iterable<string>) {
    this.#addresses = addresses;
    this.#directory = directory;
    this.#locations = [...locations];
  }

  /** @param path of the request, without its query */
  find(headers: IncomingHttpHeaders, path: string): MaybeAtOnce<Target> {
    if (path.startsWith(PATH_PREFIX)) {
      return this.#byPath(path);
    }
    if (path.startsWith(SQLD_PATH_PREFIX)) {
      const [namespace, rest] = splitSegment(path.slice(SQLD_PATH_PREFIX.length));
      return this.#byLabel(namespace, rest);
    }
    const label = this.#addresses.labelOfHost(headers.host ?? '') ?? namespaceOf(headers);
    // A database's label always has a dash: other names below the domain (`api.localhost`) are the bare address.
    return label?.includes('-') === true ? this.#byLabel(label, path) : BARE;
  }

  #byPath(path: string): MaybeAtOnce<Target> {
    const [organization, afterOrganization] = splitSegment(path.slice(PATH_PREFIX.length));
    const [name, rest] = splitSegment(afterOrganization.slice(1));
    const [database = '', location] = name.split('@');
    const found = database === '' ? undefined : this.#directory.byName(organization, database);
    const make = (entry: DirectoryEntry | undefined): Target => {
      const known = target(entry, location, rest);
      if (known !== undefined) {
        return known;
      }
      const above = path.slice(0, path.indexOf(`/${name}`));
      const hint =
        entry === undefined && /^v\d/.test(database)
          ? `; a client that drops the last part of its URL needs one that ends with a slash: ${above}/DATABASE/`
          : '';
      return { kind: 'missing', namespace: `${database}-${organization}`, hint };
    };
    return found instanceof Promise ? found.then(make) : make(found);
  }

  #byLabel(label: string, path: string): MaybeAtOnce<Target> {
    const whole = this.#directory.byLabel(label);
    const make = (entry: DirectoryEntry | undefined): MaybeAtOnce<Target> =>
      target(entry, undefined, path) ?? this.#byReadings(label, path);
    return whole instanceof Promise ? whole.then(make) : make(whole);
  }

  async #byReadings(label: string, path: string): Promise<Target> {
    for (const reading of readLabel(label, this.#locations)) {
      const entry = await ('databaseId' in reading
        ? this.#directory.byId(reading.databaseId)
        : this.#directory.byLabel(reading.label));
      const found = target(entry, reading.kind === 'instance' ? reading.location : undefined, path);
      if (found !== undefined) {
        return found;
      }
    }
    return { kind: 'missing', namespace: label, hint: '' };
  }
}

function target(
  entry: DirectoryEntry | undefined,
  location: string | undefined,
  path: string,
): DatabaseTarget | undefined {
  const instance = entry?.instances.find((candidate) =>
    location === undefined ? candidate.role === 'primary' : candidate.location === location,
  );
  return entry === undefined || instance === undefined
    ? undefined
    : { kind: 'database', entry, instance, path: withOneSlash(path) };
}

/** Some clients add a slash of their own to an address that ends with one: `@libsql/client` asks for `//info`. */
function withOneSlash(path: string): string {
  return path.startsWith('//') ? path.replace(/^\/+/, '/') : path;
}

/** The first segment of a relative path, decoded, and the rest with its slash (at least "/"). */
function splitSegment(relative: string): [segment: string, rest: string] {
  const slash = relative.indexOf('/');
  const segment = slash === -1 ? relative : relative.slice(0, slash);
  return [decode(segment), slash === -1 ? '/' : relative.slice(slash)];
}

function decode(segment: string): string {
  try {
    return segment.includes('%') ? decodeURIComponent(segment) : segment;
  } catch {
    return segment;
  }
}

/** `x-namespace`, or `x-namespace-bin` in base64 (sqld `http/user/db_factory.rs`). */
function namespaceOf(headers: IncomingHttpHeaders): string | undefined {
  const binary = headers['x-namespace-bin'];
  const plain = headers['x-namespace'];
  return typeof binary === 'string'
    ? Buffer.from(binary, 'base64').toString()
    : typeof plain === 'string'
      ? plain
      : undefined;
}
