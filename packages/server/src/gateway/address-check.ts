/**
 * Whether a database's allow rules let an address in, with the rules compiled once.
 *
 * @module
 */
import { compileAddressRules } from '../access/allowed-addresses.ts';

export type AddressCheck = (rules: readonly string[], address: string) => boolean;

export function createAddressCheck(): AddressCheck {
  // Rules are the same array for as long as the directory's entry lives, so its identity is the key.
  const compiled = new WeakMap<readonly string[], (address: string) => boolean>();
  return (rules, address) => {
    const allowed = compiled.get(rules) ?? compileAddressRules(rules);
    compiled.set(rules, allowed);
    return allowed(address);
  };
}
