/**
 * The extension "name constraints" of an authority (RFC 5280 section 4.2.1.10): what it may vouch for.
 *
 *     NameConstraints ::= SEQUENCE { permittedSubtrees [0] SEQUENCE OF SEQUENCE { base GeneralName } }
 *
 * @module
 */
import { isIPv4, isIPv6 } from 'node:net';

const SEQUENCE = 0x30;
const PERMITTED_SUBTREES = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

/** The value in DER. A DNS name covers what is below it as well. */
export function nameConstraints(names: readonly string[]): Buffer {
  const subtrees = names.map((name) => der(SEQUENCE, generalName(name)));
  return der(SEQUENCE, der(PERMITTED_SUBTREES, ...subtrees));
}

function generalName(name: string): Buffer {
  if (isIPv4(name)) {
    return der(IP_ADDRESS, Buffer.from(name.split('.').map(Number)), Buffer.alloc(4, 0xff));
  }
  return isIPv6(name) ? der(IP_ADDRESS, ipv6Octets(name), Buffer.alloc(16, 0xff)) : der(DNS_NAME, Buffer.from(name));
}

function ipv6Octets(address: string): Buffer {
  // A URL has it in lower case and without a dotted end.
  const [head = [], tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::').map(groupsOf);
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => '0');
  return Buffer.concat([...head, ...zeros, ...(tail ?? [])].map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const size = value.length.toString(16);
  const sizeOctets = Buffer.from(size.padStart(size.length + (size.length % 2), '0'), 'hex');
  const head = value.length < 0x80 ? [tag, value.length] : [tag, 0x80 + sizeOctets.length, ...sizeOctets];
  return Buffer.concat([Buffer.from(head), value]);
}
