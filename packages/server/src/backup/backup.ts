/**
 * The backup process's work. Commits of all databases that changed are gathered for a moment and stored as one pack; a
 * database that is new, or whose log began anew, is stored as a whole image first. The control plane's records follow when
 * they change.
 *
 * What the store has is always a state that was: a restore ends with a commit, and an image counts only with its note. A
 * store that is away delays everything and loses nothing: the hosts' logs keep what is not stored.
 *
 * Uploads of images, merges and verifications go on beside this loop: whoever waits for a commit waits for none of them.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import type { Command } from '../relay/messages.ts';
import { readCommits, type ReadingParts } from './commits.ts';
import type { ControlRecords } from './control-records.ts';
import { ImageUploads } from './image-uploads.ts';
import { packKey } from './keys.ts';
import type { DatabaseState, LocalState } from './local-state.ts';
import {
  BACKUP_LIMITS,
  type BackupLimits,
  type BackupOptions,
  type BackupStatus,
  type HostAnswer,
  type ToGateway,
  type Verification,
} from './messages.ts';
import type { ObjectStore } from './object-store.ts';
import { checkOwner, claim, NotOurs, numbersBegin, readOwner } from './owner.ts';
import { encodePack, type PackPiece } from './pack.ts';
import { Tidy } from './tidy.ts';
import { verify } from './verify.ts';
import { Waiting } from './waiting.ts';

/** What the backup asks of the gateway. */
export interface Gateway {
  command(databaseId: string, command: Command): Promise<HostAnswer>;
  /** Those whose file is on this machine. */
  databases(): readonly string[];
  exists(databaseId: string): boolean;
  tell(message: ToGateway): void;
}

export interface BackupParts {
  readonly options: BackupOptions;
  readonly store: ObjectStore;
  readonly state: LocalState;
  readonly control: ControlRecords;
  readonly gateway: Gateway;
  readonly limits?: BackupLimits;
}

const READS_AT_ONCE = 8;
/** The window while somebody waits for it. */
const HURRY_MS = 10;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;

export class Backup {
  readonly #parts: BackupParts;
  readonly #limits: BackupLimits;
  readonly #waiting = new Waiting();
  readonly #images: ImageUploads;
  readonly #tidy: Tidy;
  readonly #reading: ReadingParts;
  #wake = Promise.withResolvers<void>();
  /** Resolved: the window is short. */
  #hurry = Promise.withResolvers<void>();
  #recordWaiters: (() => void)[] = [];
  #stopping = false;
  #isOurs = false;
  /** Of the last upload, image or pack. */
  #number = 0;
  /** Of an upload whose outcome is unknown: a store may have kept a part of it. Its commits come with another pack. */
  #doubtfulPack: string | undefined;
  #imageProblem: string | undefined;
  #tidying: Promise<void> | undefined;
  #verifying: Promise<Verification> | undefined;
  #status: BackupStatus;
  #verifiedMs = Date.now();

  constructor(parts: BackupParts) {
    this.#parts = parts;
    const { store, state, gateway, limits = BACKUP_LIMITS } = parts;
    this.#limits = limits;
    this.#images = new ImageUploads({
      store,
      command: async (databaseId, command) => await gateway.command(databaseId, command),
      exists: (databaseId) => gateway.exists(databaseId),
      nextNumber: () => this.#nextNumber(),
      checkOwner: async () => await checkOwner(store, state.owner),
      stored: (image) => this.#imageStored(image),
      failed: (error) => {
        this.#imageProblem = textOf(error);
        this.#failed(error);
      },
      dropped: (databaseId) => state.forget(databaseId),
    });
    this.#tidy = new Tidy({ ...parts, limits, isUploading: (databaseId) => this.#images.isUnderWay(databaseId) });
    this.#reading = {
      limits,
      state,
      gateway,
      waiting: this.#waiting,
      images: this.#images,
      failed: (error) => this.#failed(error),
    };
    this.#status = {
      state: 'starting',
      error: null,
      startedMs: Date.now(),
      storedMs: null,
      pendingDatabases: 0,
      pendingSinceMs: null,
      storedBytes: 0,
      storedObjects: 0,
      failures: 0,
      controlStoredMs: null,
      verification: null,
    };
  }

  /** @param isAwaited somebody waits until they are stored */
  committed(databaseIds: readonly string[], isAwaited = false): void {
    if (isAwaited) {
      this.#hurry.resolve();
    }
    for (const databaseId of databaseIds) {
      this.#waiting.add(databaseId);
    }
    this.#wake.resolve();
  }

  /** Resolves when the records, as they are now, are stored. */
  async storeRecords(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#recordWaiters.push(resolve);
      this.#wake.resolve();
      this.#hurry.resolve();
    });
  }

  stop(): void {
    this.#stopping = true;
    this.#wake.resolve();
  }

  /** Until `stop`. */
  async run(): Promise<void> {
    while (!this.#stopping) {
      await this.#round();
    }
    // What is committed already is worth one more try, no more.
    await this.#images.stop();
    await this.#storeCommits().catch(() => undefined);
  }

  /** One at a time: whoever asks while one runs gets its result. */
  async verify(): Promise<Verification> {
    this.#verifying ??= this.#verify().finally(() => {
      this.#verifying = undefined;
    });
    return await this.#verifying;
  }

  async #verify(): Promise<Verification> {
    this.#verifiedMs = Date.now();
    // What is merged meanwhile would seem to be missing.
    await this.#tidying;
    const verification = await verify(this.#parts).catch((error: unknown) => ({
      ok: false,
      finishedMs: Date.now(),
      databases: 0,
      problems: [textOf(error)],
    }));
    this.#parts.gateway.tell({
      type: 'log',
      level: verification.ok ? 'info' : 'error',
      message: verification.ok
        ? `the backup was verified: ${verification.databases} databases restored and compared`
        : `the backup could not be verified: ${verification.problems.join('; ')}`,
    });
    this.#tell({ verification });
    return verification;
  }

  async #round(): Promise<void> {
    const { options, control } = this.#parts;
    await this.#persistently(async () => {
      await this.#claim();
      await this.#storeCommits();
      await this.#storeRecords();
    });
    this.#tidyUp();
    const error = this.#waiting.problem ?? this.#imageProblem ?? null;
    this.#tell({ state: error === null ? 'following' : 'failing', error });
    if (Date.now() - this.#verifiedMs >= options.verifyEveryMs) {
      void this.verify();
    }
    if (!this.#waiting.isReady && this.#recordWaiters.length === 0 && !this.#stopping) {
      this.#wake = Promise.withResolvers();
      await Promise.race([this.#wake.promise, pause(control.lookEveryMs, undefined, { ref: false })]);
    }
    await Promise.race([this.#hurry.promise, pause(options.windowMs)]);
    // Others that commit at the same time come along.
    await pause(Math.min(options.windowMs, HURRY_MS));
    this.#hurry = Promise.withResolvers();
  }

  /** Tries until it succeeds, or it is time to stop. */
  async #persistently(work: () => Promise<void>): Promise<void> {
    for (let waitMs = RETRY_FIRST_MS; !this.#stopping; waitMs = Math.min(2 * waitMs, RETRY_MAX_MS)) {
      try {
        await work();
        return;
      } catch (error) {
        this.#failed(error);
        await pause(waitMs);
      }
    }
  }

  #failed(error: unknown): void {
    this.#isOurs &&= !(error instanceof NotOurs);
    if (this.#status.error !== textOf(error)) {
      this.#parts.gateway.tell({ type: 'log', level: 'warn', message: `the backup waits: ${textOf(error)}` });
    }
    this.#tell({ state: 'failing', error: textOf(error), failures: this.#status.failures + 1 });
  }

  /** Before the first upload, and again when another server has taken it over: it may be given back. @throws {NotOurs} */
  async #claim(): Promise<void> {
    if (this.#isOurs) {
      return;
    }
    const { store, state, gateway } = this.#parts;
    let owner = await readOwner(store);
    if (owner === undefined) {
      // First here: who dies after the claim must know it as its own.
      const id = randomUUID();
      state.begin(id);
      owner = await claim(store, id);
    } else if (owner.id !== state.owner) {
      throw new NotOurs();
    }
    this.#number = Math.max(numbersBegin(owner), this.#number, await this.#tidy.start());
    this.#isOurs = true;
    this.committed(gateway.databases());
  }

  #nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  async #storeRecords(): Promise<void> {
    const waiters = this.#recordWaiters;
    this.#recordWaiters = [];
    try {
      if (await this.#parts.control.storeIfChanged(waiters.length > 0)) {
        this.#tell({ controlStoredMs: Date.now() });
      }
    } catch (error) {
      this.#recordWaiters.push(...waiters);
      throw error;
    }
    for (const resolve of waiters) {
      resolve();
    }
  }

  /** Everything that waits, as far as one pack takes it. */
  async #storeCommits(): Promise<void> {
    const { store, state, gateway } = this.#parts;
    const taken = this.#waiting.take();
    const pieces: PackPiece[] = [];
    const next: DatabaseState[] = [];
    let sizeBytes = 0;
    let at = 0;
    try {
      while (at < taken.length && sizeBytes < this.#limits.packBytesMax) {
        const some = taken.slice(at, at + READS_AT_ONCE);
        at += some.length;
        for (const found of await Promise.all(some.map(async (one) => await readCommits(this.#reading, ...one)))) {
          if (found !== undefined) {
            pieces.push(found.piece);
            next.push(found.state);
            sizeBytes += found.piece.bytes.length;
          }
        }
      }
      if (pieces.length > 0) {
        await store.delete(this.#doubtfulPack === undefined ? [] : [this.#doubtfulPack]);
        const number = this.#nextNumber();
        this.#doubtfulPack = packKey(number, number);
        await store.put(this.#doubtfulPack, encodePack(pieces));
        await checkOwner(store, state.owner);
        this.#doubtfulPack = undefined;
      }
    } catch (error) {
      at = 0;
      throw error;
    } finally {
      for (const [databaseId, sinceMs] of taken.slice(at)) {
        this.#waiting.add(databaseId, sinceMs);
      }
    }
    if (pieces.length === 0) {
      return;
    }
    state.put(next);
    this.#tidy.packStored();
    this.#stored(sizeBytes, 1);
    for (const { databaseId, logId, storedTo } of next) {
      gateway.tell({ type: 'stored', databaseId, logId, frame: storedTo });
    }
  }

  #imageStored(image: DatabaseState): void {
    const { state, gateway } = this.#parts;
    const { databaseId, logId } = image;
    const known = state.database(databaseId);
    const storedTo = known?.logId === logId ? known.storedTo : image.storedTo;
    state.put([{ ...image, storedTo }]);
    this.#imageProblem = undefined;
    this.#stored(image.imageBytes, 2);
    gateway.tell({ type: 'stored', databaseId, logId, frame: storedTo });
    // What came meanwhile.
    this.committed([databaseId]);
  }

  #tidyUp(): void {
    if (this.#tidying === undefined && this.#verifying === undefined && this.#tidy.isDue) {
      this.#tidying = this.#tidy
        .run()
        .catch((error: unknown) => this.#failed(error))
        .finally(() => {
          this.#tidying = undefined;
        });
    }
  }

  #stored(bytes: number, objects: number): void {
    const { storedBytes, storedObjects } = this.#status;
    this.#tell({
      storedMs: Date.now(),
      storedBytes: storedBytes + bytes,
      storedObjects: storedObjects + objects,
    });
  }

  #tell(change: Partial<BackupStatus>): void {
    const oldestMs = Math.min(this.#waiting.oldestMs ?? Infinity, this.#images.oldestMs ?? Infinity);
    this.#status = {
      ...this.#status,
      pendingDatabases: this.#waiting.count + this.#images.count,
      pendingSinceMs: oldestMs === Infinity ? null : oldestMs,
      ...change,
    };
    this.#parts.gateway.tell({ type: 'status', status: this.#status });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
