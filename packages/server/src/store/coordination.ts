/**
 * What processes that share one store tell each other. A store in a file belongs to one process, which has nobody to
 * talk to: `soleProcess`. For PostgreSQL see postgres/session.ts.
 *
 * @module
 */

/** Something in the records that processes keep in memory has changed. */
export type StoreChange =
  | { readonly kind: 'database' | 'group'; readonly id: string }
  /** Anything may have: an organization's name did, or messages were missed. */
  | { readonly kind: 'everything' };

export interface Coordination {
  /** Names this process, for as long as it lives, in rows that say who is at work on something. */
  readonly workerId: string;
  /** False while changes that others make are not heard of: nothing may be kept in memory meanwhile. */
  readonly isInformed: boolean;
  /** Called after every change that is committed, whoever made it. */
  onChange(listener: (change: StoreChange) => void): void;
  /**
   * Takes a lock that holds among all processes, not within this one: callers here keep themselves apart (a process
   * may take one several times). Resolves with how to release it. It ends with the process, and it can be lost with the
   * connection: what must never go wrong is checked once more in the transaction that makes it so.
   */
  lock(name: string, mode: LockMode): Promise<() => Promise<void>>;
  /**
   * Runs the work if that worker is dead, and keeps it from coming back meanwhile. A worker that is not known is dead.
   *
   * @returns whether it was dead
   */
  ifDead(workerId: string, work: () => Promise<void>): Promise<boolean>;
}

export type LockMode = 'shared' | 'exclusive';

/** For a store that nobody else can open: every other worker's name in it is that of an earlier run. */
export function soleProcess(workerId: string): Coordination {
  return {
    workerId,
    isInformed: true,
    onChange: () => undefined,
    lock: async () => await Promise.resolve(async () => await Promise.resolve()),
    async ifDead(other, work) {
      if (other === workerId) {
        return false;
      }
      await work();
      return true;
    },
  };
}
