/**
 * Slows down who guesses passwords and codes: by the address that asks, by the account that is meant, and by both.
 * Where several processes share a store, they count together.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { type Counter, inMemory, type MakeCounter } from './counters.ts';

export interface AttemptLimits {
  /** Failures of one address, whatever it tries. */
  readonly perAddress: number;
  /** Failures for one account, wherever they come from: many guessers at once. */
  readonly perAccount: number;
  /** Failures of one address for one account. */
  readonly perBoth: number;
  /** Accounts that one address makes. */
  readonly signUps: number;
  readonly windowS: number;
}

const LIMITS: AttemptLimits = { perAddress: 100, perAccount: 100, perBoth: 10, signUps: 10, windowS: 900 };

export class Attempts {
  readonly #byAddress: Counter;
  readonly #byAccount: Counter;
  readonly #byBoth: Counter;
  readonly #signUps: Counter;

  constructor(limits: AttemptLimits = LIMITS, make: MakeCounter = inMemory) {
    const { windowS } = limits;
    this.#byAddress = make('address', limits.perAddress, windowS);
    this.#byAccount = make('account', limits.perAccount, windowS);
    this.#byBoth = make('both', limits.perBoth, windowS);
    this.#signUps = make('sign-ups', limits.signUps, windowS);
  }

  /**
   * Counts the attempt before it is made, so that many at once gain nothing, and takes it back when it succeeds.
   *
   * @param account what is guessed at; undefined counts by address alone
   * @throws SkerryError sign_in_too_often; and what `attempt` throws
   */
  async count<T>(address: string, account: string | undefined, attempt: () => Promise<T>): Promise<T> {
    const counters: (readonly [Counter, string])[] = [
      [this.#byAddress, address] as const,
      ...(account === undefined
        ? []
        : ([
            [this.#byAccount, account],
            [this.#byBoth, `${address} ${account}`],
          ] as const)),
    ];
    for (const [counter, key] of counters) {
      await take(counter, key);
    }
    const result = await attempt();
    for (const [counter, key] of counters) {
      await counter.giveBack(key);
    }
    return result;
  }

  /** Counts an account that is made. @throws SkerryError sign_in_too_often */
  async countSignUp(address: string): Promise<void> {
    await take(this.#signUps, address);
  }
}

async function take(counter: Counter, key: string): Promise<void> {
  const waitMs = await counter.take(key);
  if (waitMs > 0) {
    throw new SkerryError('sign_in_too_often', { seconds: Math.max(1, Math.ceil(waitMs / 1000)) });
  }
}
