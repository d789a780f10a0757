/**
 * What a host is told of an HTTP request. Clients ask the same way again and again, so heads are kept, by the rights that
 * they carry (an object that lives as long as the token and the state of the database do): the same head is the same
 * object, whose text is made once (relay/head-texts.ts).
 *
 * @module
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

import type { HttpHead } from '../relay/messages.ts';
import type { Rights } from '../relay/rights.ts';
import type { DatabaseTarget } from './target.ts';

const HEADERS_FOR_HOSTS = new Set([
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
  'grpc-encoding',
  'range',
  'te',
]);
/** gRPC metadata and the sync protocols put their facts in headers of these families. */
const HEADER_FAMILIES_FOR_HOSTS = /^x-(turso|libsql|namespace|session|client|replication)/;
/** Of one token on one database. */
const KEPT_MAX = 16;

/** Of one token on one database, in the state in which both are. */
class Heads {
  readonly #entry: DatabaseTarget['entry'];
  readonly #heads = new Map<string, HttpHead>();

  constructor(entry: DatabaseTarget['entry']) {
    this.#entry = entry;
  }

  isOf(entry: DatabaseTarget['entry']): boolean {
    return this.#entry === entry;
  }

  get(key: string): HttpHead | undefined {
    return this.#heads.get(key);
  }

  keep(key: string, head: HttpHead): void {
    if (this.#heads.size >= KEPT_MAX) {
      this.#heads.clear();
    }
    this.#heads.set(key, head);
  }
}

export class HostHeads {
  readonly #byRights = new WeakMap<Rights, Heads>();

  /** @param isMovable see `HttpHead` */
  for(request: IncomingMessage, target: DatabaseTarget, rights: Rights, isMovable: boolean): HttpHead {
    const { entry, instance } = target;
    const headers = headersForHost(request.headers);
    let heads = this.#byRights.get(rights);
    if (heads?.isOf(entry) !== true) {
      heads = new Heads(entry);
      this.#byRights.set(rights, heads);
    }
    const method = request.method ?? 'GET';
    const query = queryOf(request.url ?? '');
    const key = keyOf([method, target.path, query, instance.location, String(isMovable)], headers);
    let head = heads.get(key);
    if (head === undefined) {
      head = {
        kind: 'http',
        method,
        path: target.path,
        query,
        headers,
        instance: { databaseId: entry.databaseId, location: instance.location, role: instance.role },
        settings: entry.settings,
        rights,
        isMovable,
      };
      heads.keep(key, head);
    }
    return head;
  }
}

/** No part can hold a line feed: Node refuses it in a path and in a header. */
function keyOf(parts: readonly string[], headers: Readonly<Record<string, string>>): string {
  let key = parts.join('\n');
  for (const name in headers) {
    key += `\n${name}:${headers[name]}`;
  }
  return key;
}

function headersForHost(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (typeof value === 'string' && (HEADERS_FOR_HOSTS.has(name) || HEADER_FAMILIES_FOR_HOSTS.test(name))) {
      kept[name] = value;
    }
  }
  return kept;
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark + 1);
}
