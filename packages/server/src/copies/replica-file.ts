/**
 * A replica: a file with the pages of its primary, brought up to date from the primary's log.
 *
 * The pages are written in place, below SQLite, and SQLite's own means keep readers safe, in every process: the replica is
 * in rollback-journal mode, whatever its primary is in. There an exclusive lock waits for every reader, and a reader
 * whose cached pages are old sees that by the change counter in page 1. So page 1 differs from the primary's in its mode
 * (bytes 18 and 19) and in that counter (24 to 27 and 92 to 95), and nothing else differs.
 *
 * A reader that holds a transaction open delays the replica, never the primary.
 *
 * What a crash can lose: nothing. Whole page images are written, so what was cut short is written again, from the position
 * in the state file; that says when pages are being written, and nobody reads then. After a restart of the machine the
 * files may lack anything that had not reached the disk, so the replica is made anew.
 *
 * @module
 */
import { closeSync, constants, ftruncateSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import { DatabaseSync } from 'node:sqlite';

import { withSidecars } from '../files/layout.ts';
import { FramesGone } from '../log/frames-gone.ts';
import type { PageLog } from '../log/page-log.ts';
import type { ReplicaLag } from '../relay/messages.ts';
import { copyImage } from './copy-image.ts';

export type Freshness =
  /** Everything committed is there. */
  | 'current'
  /** A reader keeps it as it was, or another host writes pages. */
  | 'delayed'
  /** It cannot be brought up to date and has to be made anew. */
  | 'lost';

interface ReplicaState {
  readonly logId: string;
  /** Every frame up to this one is in the file. */
  readonly position: number;
  readonly isApplying: boolean;
  /** Unix time (s) at which the machine started, which is known to a few seconds. */
  readonly bootedAtS: number;
}

const STATE_BYTES = 256;
const SAME_BOOT_S = 30;
const READ_FRAMES = 256;
const MODE_AT = 18;
const CHANGE_COUNTER_AT = 24;
const VERSION_VALID_FOR_AT = 92;
const ROLLBACK_MODE = 1;

export class ReplicaFile {
  readonly #fd: number;
  readonly #stateFd: number;
  readonly #stateBytes = Buffer.alloc(STATE_BYTES);
  /** Takes the lock. */
  readonly #db: DatabaseSync;

  /** @param path an existing replica; closed after every connection of this process to it */
  constructor(path: string) {
    this.#fd = openSync(path, 'r+');
    this.#stateFd = openSync(statePath(path), constants.O_RDWR | constants.O_CREAT, 0o600);
    this.#db = new DatabaseSync(path, { timeout: 0 });
  }

  /** Makes a replica, or makes it anew; who has the old one open keeps that. Writers of the primary go on meanwhile. */
  static async make(path: string, log: PageLog): Promise<void> {
    const draft = `${path}.tmp`;
    const position = await copyImage(log, draft, (page1) => setMode(page1, 1));
    const stateDraft = `${statePath(path)}.tmp`;
    const fd = openSync(stateDraft, 'w', 0o600);
    writeSync(fd, encode({ logId: log.id, position, isApplying: false, bootedAtS: bootedAtS() }), 0, STATE_BYTES, 0);
    closeSync(fd);
    // A state without its file, or with an older one, would be a lie; a file without its state is made anew.
    rmSync(statePath(path), { force: true });
    for (const file of withSidecars(path)) {
      rmSync(file, { force: true });
    }
    renameSync(draft, path);
    renameSync(stateDraft, statePath(path));
  }

  static remove(path: string): void {
    for (const file of [...withSidecars(path), `${path}-journal`, statePath(path), `${path}.tmp`]) {
      rmSync(file, { force: true });
    }
  }

  /** Applies what the log has more. To be called outside any transaction of the reader that asks. */
  catchUp(log: PageLog): Freshness {
    log.poll();
    const state = this.#readState();
    if (state === undefined || !isUsable(state, log)) {
      return 'lost';
    }
    if (!state.isApplying && state.position === log.position) {
      return 'current';
    }
    try {
      this.#db.exec('BEGIN EXCLUSIVE');
    } catch {
      return 'delayed';
    }
    try {
      return this.#applyAll(log);
    } catch (error) {
      if (error instanceof FramesGone) {
        return 'lost';
      }
      throw error;
    } finally {
      this.#db.exec('ROLLBACK');
    }
  }

  lag(log: PageLog): ReplicaLag {
    log.poll();
    const position = this.#readState()?.position ?? 0;
    const frames = Math.max(0, log.position - position);
    const sinceMs = frames === 0 ? undefined : log.timeOf(position + 1);
    return { frames, ms: sinceMs === undefined ? 0 : Math.max(0, Date.now() - sinceMs) };
  }

  close(): void {
    this.#db.close();
    closeSync(this.#fd);
    closeSync(this.#stateFd);
  }

  #applyAll(log: PageLog): Freshness {
    // Another host may have been here before the lock.
    const state = this.#readState();
    if (state === undefined || !isUsable(state, log)) {
      return 'lost';
    }
    const target = log.position;
    // Before the first page changes: are the frames there?
    let frames = log.read(state.position + 1, READ_FRAMES);
    this.#writeState({ ...state, isApplying: true });
    const header = Buffer.alloc(100);
    readSync(this.#fd, header, 0, header.length, 0);
    const changeCounter = (header.readUInt32BE(CHANGE_COUNTER_AT) + 1) >>> 0;
    let sizeAfter = 0;
    while (frames.count > 0) {
      for (let index = 0; index < frames.count; index += 1) {
        sizeAfter = frames.sizeAfter(index) || sizeAfter;
        this.#writePage(frames.pageNo(index), frames.page(index), changeCounter);
      }
      frames = log.read(frames.lastFrame + 1, Math.min(READ_FRAMES, target - frames.lastFrame));
    }
    readSync(this.#fd, header, 0, header.length, 0);
    setMode(header, changeCounter);
    writeSync(this.#fd, header, 0, header.length, 0);
    if (sizeAfter > 0) {
      ftruncateSync(this.#fd, sizeAfter * log.pageSizeBytes);
    }
    this.#writeState({ ...state, position: target, isApplying: false });
    return 'current';
  }

  #writePage(pageNo: number, page: Buffer, changeCounter: number): void {
    if (pageNo === 1) {
      setMode(page, changeCounter);
    }
    writeSync(this.#fd, page, 0, page.length, (pageNo - 1) * page.length);
  }

  #readState(): ReplicaState | undefined {
    this.#stateBytes.fill(0);
    readSync(this.#stateFd, this.#stateBytes, 0, STATE_BYTES, 0);
    try {
      return JSON.parse(this.#stateBytes.toString()) as ReplicaState;
    } catch {
      return undefined;
    }
  }

  #writeState(state: ReplicaState): void {
    writeSync(this.#stateFd, encode(state), 0, STATE_BYTES, 0);
  }
}

function isUsable({ logId, position, bootedAtS: since }: ReplicaState, log: PageLog): boolean {
  return logId === log.id && position <= log.position && Math.abs(since - bootedAtS()) < SAME_BOOT_S;
}

/** Makes a page 1 one of a database in rollback-journal mode that has changed so many times. */
function setMode(page1: Buffer, changeCounter: number): void {
  page1.fill(ROLLBACK_MODE, MODE_AT, MODE_AT + 2);
  page1.writeUInt32BE(changeCounter, CHANGE_COUNTER_AT);
  page1.writeUInt32BE(changeCounter, VERSION_VALID_FOR_AT);
}

function statePath(path: string): string {
  return `${path}.state`;
}

/** JSON, filled up with spaces: always one write of the same length. */
function encode(state: ReplicaState): Buffer {
  return Buffer.from(JSON.stringify(state).padEnd(STATE_BYTES));
}

function bootedAtS(): number {
  return Math.round(Date.now() / 1000 - os.uptime());
}
