/**
 * Lets every client in this process dial `<name>.localhost`, as RFC 6761 asks of resolvers and browsers do; not every
 * machine's resolver does. The clients themselves stay as they are.
 *
 * @module
 */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const original = dns.lookup;

function lookup(hostname: string, ...rest: unknown[]): unknown {
  const target = hostname.toLowerCase().endsWith('.localhost') ? '127.0.0.1' : hostname;
  return Reflect.apply(original, dns, [target, ...rest]);
}

/** Safe to call more than once. */
export function resolveLocalhostNames(): void {
  dns.lookup = lookup as typeof dns.lookup;
  syncBuiltinESMExports();
}
