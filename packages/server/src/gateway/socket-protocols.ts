/**
 * Which form of Hrana a WebSocket speaks: the client offers, we choose.
 *
 * @module
 */
import type { WebSocket } from 'ws';

import { SOCKET_PROTOCOLS } from '../relay/messages.ts';
import type { SocketProtocol } from '../relay/messages.ts';

/** No header means hrana1 (HRANA_1_SPEC, "Protocol negotiation"); a header must name one that we speak. */
export function offersOurs(header: string | undefined): boolean {
  const ours: readonly string[] = SOCKET_PROTOCOLS;
  return header === undefined || header.split(',').some((offer) => ours.includes(offer.trim()));
}

export function offeredOf(header: string | undefined): SocketProtocol | undefined {
  const offers = new Set((header ?? '').split(',').map((offer) => offer.trim()));
  return SOCKET_PROTOCOLS.find((protocol) => offers.has(protocol));
}

export function protocolOf(client: WebSocket): SocketProtocol {
  return SOCKET_PROTOCOLS.find((protocol) => protocol === client.protocol) ?? 'hrana1';
}
