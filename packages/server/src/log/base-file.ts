/**
 * Reads the database file itself, below SQLite.
 *
 * POSIX drops all of a process's locks on a file when any of its handles is closed, and SQLite's locks keep other processes
 * from removing the WAL. So the handle stays open as long as the log does, whose connections are closed before it.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';

export class BaseFile {
  readonly #path: string;
  #fd: number | undefined;
  #isClosed = false;
  #holds = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Somebody reads the file and relies on it not changing. */
  get isHeld(): boolean {
    return this.#holds > 0;
  }

  /** From now on checkpoints of this process wait. @returns ends that; safe to call twice */
  hold(): () => void {
    this.#holds += 1;
    let isHeld = true;
    return () => {
      this.#holds -= isHeld ? 1 : 0;
      isHeld = false;
    };
  }

  /** Fills the buffer from a position on; bytes behind the end are zero. */
  read(target: Buffer, position: number): void {
    if (this.#isClosed) {
      throw new Error(`${this.#path} was closed while it was copied`);
    }
    this.#fd ??= openSync(this.#path, 'r');
    let done = 0;
    while (done < target.length) {
      const read = readSync(this.#fd, target, done, target.length - done, position + done);
      if (read === 0) {
        target.fill(0, done);
        return;
      }
      done += read;
    }
  }

  close(): void {
    this.#isClosed = true;
    if (this.#fd !== undefined) {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }
}
