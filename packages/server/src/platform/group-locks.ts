/**
 * Keeps work on one group apart where it must not overlap: making or deleting a database (shared: many at once) and
 * changing the group's locations, deleting or moving the group (exclusive). Without it, a database made while a location
 * is added would lack its replica there.
 *
 * First come, first served in this process; among several, whoever waits for a group alone goes before those that come
 * later. Nothing is held across a crash, where recovery tidies up.
 *
 * @module
 */

import type { Coordination, LockMode } from '../store/coordination.ts';

interface Queue {
  /** Ends when the last exclusive holder in the queue is done. */
  exclusive: Promise<void>;
  /** Shared holders that came after it. */
  shared: Promise<void>[];
  users: number;
}

export class GroupLocks {
  readonly #coordination: Pick<Coordination, 'lock'>;
  readonly #queues = new Map<string, Queue>();

  constructor(coordination: Pick<Coordination, 'lock'>) {
    this.#coordination = coordination;
  }

  async shared<T>(groupId: string, work: () => Promise<T>): Promise<T> {
    return await this.#enter(groupId, async (queue) => {
      const result = queue.exclusive.then(async () => await this.#amongProcesses(groupId, 'shared', work));
      queue.shared.push(settled(result));
      return await result;
    });
  }

  async exclusive<T>(groupId: string, work: () => Promise<T>): Promise<T> {
    return await this.#enter(groupId, async (queue) => {
      const result = Promise.all([queue.exclusive, ...queue.shared]).then(
        async () => await this.#amongProcesses(groupId, 'exclusive', work),
      );
      queue.exclusive = settled(result);
      queue.shared = [];
      return await result;
    });
  }

  async #amongProcesses<T>(groupId: string, mode: LockMode, work: () => Promise<T>): Promise<T> {
    const release = await this.#coordination.lock(`group ${groupId}`, mode);
    try {
      return await work();
    } finally {
      await release();
    }
  }

  async #enter<T>(groupId: string, take: (queue: Queue) => Promise<T>): Promise<T> {
    const queue = this.#queues.get(groupId) ?? { exclusive: Promise.resolve(), shared: [], users: 0 };
    this.#queues.set(groupId, queue);
    queue.users += 1;
    try {
      return await take(queue);
    } finally {
      queue.users -= 1;
      if (queue.users === 0) {
        this.#queues.delete(groupId);
      }
    }
  }
}

function settled(work: Promise<unknown>): Promise<void> {
  return work.then(
    () => undefined,
    () => undefined,
  );
}
