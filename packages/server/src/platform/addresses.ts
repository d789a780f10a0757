/**
 * How a database's or an instance's address is written and read: the only place that knows.
 *
 * A database answers at `<database>-<organization>.<domain>`; that first label is looked up whole, because a split
 * would be ambiguous (`a-b` in `c`, `a` in `b-c`). One instance answers at `<location>--<database label>.<domain>`,
 * or, where that would not fit DNS's 63 octets, at `<location>--<DbId without dashes>.<domain>`. A database whose label
 * starts like an instance's is refused at creation (see `labelProblem`), so no tenant can take another's address.
 *
 * @module
 */

/** Known only once the server listens, hence a function. */
export interface AddressBase {
  /** Whether clients come with TLS; without this, a port of 443 says so. */
  readonly isSecure?: boolean;
  readonly domain: string;
  readonly port: number;
}

export const LABEL_MAX_OCTETS = 63;
const HTTPS_PORT = 443;
const SEPARATOR = '--';

export class Addresses {
  readonly #base: () => AddressBase;

  constructor(base: () => AddressBase) {
    this.#base = base;
  }

  /** What a client dials for the database: host name, and the port unless it is 443. */
  databaseHostname(label: string): string {
    return this.#withBase(label);
  }

  /** What a client dials for one instance of the database. */
  instanceHostname(instance: {
    readonly location: string;
    readonly label: string;
    readonly databaseId: string;
  }): string {
    const readable = `${instance.location}${SEPARATOR}${instance.label}`;
    return this.#withBase(
      readable.length <= LABEL_MAX_OCTETS
        ? readable
        : `${instance.location}${SEPARATOR}${instance.databaseId.replaceAll('-', '')}`,
    );
  }

  /** Of the server itself, for people. A port that is not 443 is taken for one without TLS. */
  bareUrl(): string {
    const { domain, port, isSecure } = this.#base();
    if (port === HTTPS_PORT) {
      return `https://${domain}`;
    }
    return `${isSecure === true ? 'https' : 'http'}://${domain}:${port}`;
  }

  /** The label of a Host header or SNI name below the domain, lower case; undefined for any other name. */
  labelOfHost(host: string): string | undefined {
    const name = host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
    const suffix = `.${this.#base().domain.toLowerCase()}`;
    const label = name.endsWith(suffix) ? name.slice(0, -suffix.length) : '';
    return label === '' || label.includes('.') ? undefined : label;
  }

  #withBase(label: string): string {
    const { domain, port } = this.#base();
    return port === HTTPS_PORT ? `${label}.${domain}` : `${label}.${domain}:${port}`;
  }
}

export function databaseLabel(databaseName: string, organizationSlug: string): string {
  return `${databaseName}-${organizationSlug}`;
}

/** One way to understand a label; the ways are to be tried in the order given by `readLabel`. */
export type LabelReading =
  | { readonly kind: 'database'; readonly label: string }
  | { readonly kind: 'instance'; readonly location: string; readonly label: string }
  | { readonly kind: 'instance'; readonly location: string; readonly databaseId: string };

/** The whole label first; then, for each location code that it starts with, what follows. */
export function readLabel(label: string, locations: Iterable<string>): LabelReading[] {
  const readings: LabelReading[] = [{ kind: 'database', label }];
  for (const location of locations) {
    const prefix = `${location}${SEPARATOR}`;
    if (!label.startsWith(prefix)) {
      continue;
    }
    const rest = label.slice(prefix.length);
    const databaseId = uuidFromHex(rest);
    readings.push(
      databaseId === undefined
        ? { kind: 'instance', location, label: rest }
        : { kind: 'instance', location, databaseId },
    );
  }
  return readings;
}

/** Why a database of this label cannot be served at an address, or undefined when it can. */
export function labelProblem(label: string, locations: Iterable<string>): string | undefined {
  if (label.length > LABEL_MAX_OCTETS) {
    return (
      `the address ${label} has ${label.length} characters, and DNS allows ${LABEL_MAX_OCTETS} ` +
      `for name and organization together`
    );
  }
  if (label.startsWith('-') || label.startsWith('xn--')) {
    return 'a DNS label cannot start with "-" or "xn--"';
  }
  for (const location of locations) {
    if (label.startsWith(`${location}${SEPARATOR}`)) {
      return `names that start with "${location}${SEPARATOR}" are kept for the addresses of instances`;
    }
  }
  return undefined;
}

/** A UUID from its 32 hexadecimal digits. (A database's label always has a dash, so the two cannot be confused.) */
function uuidFromHex(text: string): string | undefined {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/.exec(text);
  return parts === null ? undefined : parts.slice(1).join('-');
}
