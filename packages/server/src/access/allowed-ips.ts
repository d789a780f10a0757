/**
 * The allow rules of a database: addresses and networks from which it may be reached.
 *
 * @module
 */
import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/** An IPv4 address that came over an IPv6 socket. */
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Whether one of the rules covers the address. No rule means that every address may. */
export type AddressCheck = (rules: readonly string[], address: string) => boolean;

export function createAddressCheck(): AddressCheck {
  // Rules are the same array for as long as the directory's entry lives, so its identity is the key.
  const compiled = new WeakMap<readonly string[], BlockList>();
  return (rules, address) => {
    if (rules.length === 0) {
      return true;
    }
    const list = compiled.get(rules) ?? compile(rules);
    compiled.set(rules, list);
    const plain = MAPPED_IPV4.exec(address)?.[1] ?? address;
    return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  };
}

/** Why a rule is not one: it must be an IPv4 or IPv6 address, alone or with a prefix length (CIDR). */
export function ruleProblem(rule: string): string | undefined {
  const [address = '', prefix, ...rest] = rule.split('/');
  if (rest.length > 0 || SocketAddress.parse(isIPv4(address) ? address : `[${address}]`) === undefined) {
    return `"${rule}" is not an IP address or network`;
  }
  const longest = isIPv4(address) ? 32 : 128;
  if (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest)) {
    return `"${rule}" needs a prefix length from 0 to ${longest}`;
  }
  return undefined;
}

function compile(rules: readonly string[]): BlockList {
  const list = new BlockList();
  for (const rule of rules.filter((candidate) => ruleProblem(candidate) === undefined)) {
    const [address = '', prefix] = rule.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefix === undefined) {
      list.addAddress(address, family);
    } else {
      list.addSubnet(address, Number(prefix), family);
    }
  }
  return list;
}
