/**
 * Who a request comes from when proxies stand in front. Each proxy appends the peer that it saw to `x-forwarded-for`, so
 * the list is read from its end, and only as far as the proxies that wrote it are ones that the operator named: what a
 * client wrote itself stands further left and is never believed.
 *
 * @module
 */
import type { IncomingMessage } from 'node:http';

import { compileAddressRules } from '../access/allowed-addresses.ts';

export class ClientAddresses {
  readonly #isProxy: (address: string) => boolean;

  /** @param proxies addresses and CIDR ranges; none: whoever connects is the client */
  constructor(proxies: readonly string[]) {
    this.#isProxy = proxies.length === 0 ? () => false : compileAddressRules(proxies);
  }

  of(request: IncomingMessage): string {
    const peer = request.socket.remoteAddress ?? '';
    const header = request.headers['x-forwarded-for'];
    if (typeof header !== 'string' || !this.#isProxy(peer)) {
      return peer;
    }
    let client = peer;
    for (const address of header.split(',').toReversed()) {
      client = plain(address.trim());
      if (!this.#isProxy(client)) {
        break;
      }
    }
    return client;
  }
}

/** Some proxies write a port, and brackets around IPv6. */
function plain(address: string): string {
  return address.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}
