/**
 * Databases whose changes somebody listens to. The feed is in one host, and what is committed may be in any: requests step
 * aside, and sockets stay where they were opened. So every host tells what it commits there, and the others hear it.
 *
 * @module
 */
import type { Command, HostEvent } from '../relay/messages.ts';
import type { HostProcess } from './host-process.ts';

export class HeardDatabases {
  readonly #listeners = new Map<string, number>();
  readonly #hosts: () => readonly HostProcess[];
  readonly #send: (host: HostProcess, command: Command) => void;

  constructor(hosts: () => readonly HostProcess[], send: (host: HostProcess, command: Command) => void) {
    this.#hosts = hosts;
    this.#send = send;
  }

  /** Call it before the feed is opened: what is committed after the feed's answer is told then. @returns ends it */
  listen(databaseId: string): () => void {
    const count = this.#listeners.get(databaseId) ?? 0;
    this.#listeners.set(databaseId, count + 1);
    if (count === 0) {
      this.#tellAll({ type: 'hear_changes', databaseId, isHeard: true });
    }
    return () => {
      const left = (this.#listeners.get(databaseId) ?? 0) - 1;
      if (left > 0) {
        this.#listeners.set(databaseId, left);
      } else {
        this.#listeners.delete(databaseId);
        this.#tellAll({ type: 'hear_changes', databaseId, isHeard: false });
      }
    };
  }

  /** A host that knows nothing yet. */
  started(host: HostProcess): void {
    for (const databaseId of this.#listeners.keys()) {
      this.#send(host, { type: 'hear_changes', databaseId, isHeard: true });
    }
  }

  committed(from: HostProcess, { databaseId, changes }: Extract<HostEvent, { type: 'changes' }>): void {
    for (const host of this.#hosts()) {
      if (host !== from) {
        this.#send(host, { type: 'tell_changes', databaseId, changes });
      }
    }
  }

  #tellAll(command: Command): void {
    for (const host of this.#hosts()) {
      this.#send(host, command);
    }
  }
}
