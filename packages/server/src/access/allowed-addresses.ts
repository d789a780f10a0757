/**
 * The list of addresses that may use a database (`allowed_ips`): IPv4 and IPv6 addresses and CIDR ranges.
 *
 * @module
 */
import { BlockList, isIP, isIPv4 } from 'node:net';

/** Whether the text is an address or a range that `isAddressAllowed` understands. */
export function isAddressRule(rule: string): boolean {
  const { address, prefixBits } = parts(rule);
  const family = isIP(address);
  return family !== 0 && (prefixBits === undefined || prefixBits <= (family === 4 ? 32 : 128));
}

/** The rules as something that can be asked quickly; an empty list allows everybody. */
export function compileAddressRules(rules: readonly string[]): (address: string) => boolean {
  if (rules.length === 0) {
    return () => true;
  }
  const list = new BlockList();
  for (const rule of rules) {
    const { address, prefixBits } = parts(rule);
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (prefixBits === undefined) {
      list.addAddress(address, family);
    } else {
      list.addSubnet(address, prefixBits, family);
    }
  }
  return (address) => {
    // A dual-stack socket reports an IPv4 peer in this form.
    const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
    return isIP(plain) !== 0 && list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
  };
}

function parts(rule: string): { readonly address: string; readonly prefixBits: number | undefined } {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(rule);
  return { address: match?.[1] ?? '', prefixBits: match?.[2] === undefined ? undefined : Number(match[2]) };
}
