/**
 * Counts tries within a span of time, under keys such as an address: in memory, or in the store where several processes
 * are to count together.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

import { hashApiToken } from '../../access/api-tokens.ts';
import type { Tables } from '../../store/tables.ts';

export interface Counter {
  /** Counts one. @returns how long to wait, in milliseconds; 0 when it is allowed */
  take(key: string): Promise<number>;
  /** Takes one back. */
  giveBack(key: string): Promise<void>;
}

/** @param name tells counters apart that share a store */
export type MakeCounter = (name: string, max: number, spanS: number) => Counter;

/** A restart forgets, which costs an attacker more than it gives. */
export const inMemory: MakeCounter = (_name, points, duration) => {
  const limiter = new RateLimiterMemory({ points, duration });
  return {
    async take(key) {
      try {
        await limiter.consume(key);
        return 0;
      } catch (error) {
        if (error instanceof RateLimiterRes) {
          return error.msBeforeNext;
        }
        throw error;
      }
    },
    giveBack: async (key) => void (await limiter.reward(key)),
  };
};

/** Each count is one statement, so that processes do not count past each other. */
export function inStore(db: Kysely<Tables>, now: () => number): MakeCounter {
  return (name, max, spanS) => {
    // Neither addresses nor usernames in the records, and a length that is always the same.
    const rowKey = (key: string): string => hashApiToken(`${name} ${key}`);
    return {
      async take(key) {
        const nowMs = now();
        const isOver = sql<boolean>`attempts.expires_at_ms <= ${nowMs}`;
        const row = await db
          .insertInto('attempts')
          .values({ key: rowKey(key), count: 1, expires_at_ms: nowMs + spanS * 1000 })
          .onConflict((conflict) =>
            conflict.column('key').doUpdateSet({
              count: sql<number>`case when ${isOver} then 1 else attempts.count + 1 end`,
              expires_at_ms: sql<number>`case when ${isOver} then excluded.expires_at_ms else attempts.expires_at_ms end`,
            }),
          )
          .returning(['count', 'expires_at_ms'])
          .executeTakeFirstOrThrow();
        return row.count > max ? row.expires_at_ms - nowMs : 0;
      },
      async giveBack(key) {
        await db
          .updateTable('attempts')
          .set({ count: sql<number>`count - 1` })
          .where('key', '=', rowKey(key))
          .where('count', '>', 0)
          .execute();
      },
    };
  };
}

/** Counters in the store whose span is over. */
export async function sweepCounters(db: Kysely<Tables>, nowMs: number): Promise<void> {
  await db.deleteFrom('attempts').where('expires_at_ms', '<=', nowMs).execute();
}
