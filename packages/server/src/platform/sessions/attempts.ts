/**
 * Slows down who guesses passwords and codes: by the address that asks, by the account that is meant, and by both.
 * Counted in memory: a restart forgets, which costs an attacker more than it gives.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

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
  readonly #byAddress: RateLimiterMemory;
  readonly #byAccount: RateLimiterMemory;
  readonly #byBoth: RateLimiterMemory;
  readonly #signUps: RateLimiterMemory;

  constructor(limits: AttemptLimits = LIMITS) {
    const { windowS: duration } = limits;
    this.#byAddress = new RateLimiterMemory({ points: limits.perAddress, duration });
    this.#byAccount = new RateLimiterMemory({ points: limits.perAccount, duration });
    this.#byBoth = new RateLimiterMemory({ points: limits.perBoth, duration });
    this.#signUps = new RateLimiterMemory({ points: limits.signUps, duration });
  }

  /**
   * Counts the attempt before it is made, so that many at once gain nothing, and takes it back when it succeeds.
   *
   * @param account what is guessed at; undefined counts by address alone
   * @throws SkerryError sign_in_too_often; and what `attempt` throws
   */
  async count<T>(address: string, account: string | undefined, attempt: () => Promise<T>): Promise<T> {
    const counters: [RateLimiterMemory, string][] = [
      [this.#byAddress, address],
      ...(account === undefined
        ? []
        : ([
            [this.#byAccount, account],
            [this.#byBoth, `${address} ${account}`],
          ] as [RateLimiterMemory, string][])),
    ];
    for (const [limiter, key] of counters) {
      await consume(limiter, key);
    }
    const result = await attempt();
    for (const [limiter, key] of counters) {
      await limiter.reward(key);
    }
    return result;
  }

  /** Counts an account that is made. @throws SkerryError sign_in_too_often */
  async countSignUp(address: string): Promise<void> {
    await consume(this.#signUps, address);
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (error) {
    if (error instanceof RateLimiterRes) {
      throw new SkerryError('sign_in_too_often', { seconds: Math.max(1, Math.ceil(error.msBeforeNext / 1000)) });
    }
    throw error;
  }
}
