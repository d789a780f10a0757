/**
 * The backup process's work. Commits of all databases that changed are gathered for a moment and stored as one pack; a
 * database that is new, or whose log began anew, is stored as a whole image first. The control plane's records follow when
 * they change.
 *
 * What the store has is always a state that was: a pack ends every database's part with a commit, and an image counts only
 * with its note. A store that is away delays everything and loses nothing: the hosts' logs keep what is not stored.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Command, CommandReply } from '../relay/messages.ts';
import { readCatalogue } from './catalogue.ts';
import type { ControlRecords } from './control-records.ts';
import { uploadImage } from './images.ts';
import { OWNER_KEY, packKey } from './keys.ts';
import type { DatabaseState, LocalState } from './local-state.ts';
import type { BackupOptions, BackupStatus, HostAnswer, ToGateway, Verification } from './messages.ts';
import type { ObjectStore } from './object-store.ts';
import { encodePack, type PackPiece } from './pack.ts';
import { mergePacks, removeObsolete } from './tidy.ts';
import { verify } from './verify.ts';

/** What the backup asks of the gateway. */
export interface Gateway {
  command(databaseId: string, command: Command): Promise<HostAnswer>;
  /** Those whose file is on this machine. */
  databases(): readonly string[];
  tell(message: ToGateway): void;
}

export interface BackupParts {
  readonly options: BackupOptions;
  readonly store: ObjectStore;
  readonly state: LocalState;
  readonly control: ControlRecords;
  readonly gateway: Gateway;
}

const READS_AT_ONCE = 8;
/** One pack holds no more; what is left comes with the next. */
const PACK_BYTES_MAX = 32 * 1024 * 1024;
/** The window while somebody waits for it. */
const HURRY_MS = 10;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;
/** A database gets a new image when its commits since the last one have so many times the image's size. */
const IMAGE_AGAIN_FACTOR = 1;
const IMAGE_AGAIN_BYTES_MIN = 64 * 1024 * 1024;
const MERGE_AT_PACKS = 64;
const TIDY_EVERY_MS = 3_600_000;

export class Backup {
  readonly #parts: BackupParts;
  /** Databases that may have commits which are not stored. */
  readonly #dirty = new Set<string>();
  #wake = Promise.withResolvers<void>();
  /** Resolved: the window is short. */
  #hurry = Promise.withResolvers<void>();
  #recordWaiters: (() => void)[] = [];
  #stopping = false;
  #packNumber = 0;
  #packs = 0;
  #status: BackupStatus;
  #tidiedMs = Date.now();
  #verifiedMs = Date.now();

  constructor(parts: BackupParts) {
    this.#parts = parts;
    this.#status = {
      state: 'starting',
      error: null,
      startedMs: Date.now(),
      storedMs: null,
      pendingDatabases: 0,
      storedBytes: 0,
      storedObjects: 0,
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
      this.#dirty.add(databaseId);
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

  /** Until `stop`. Only a store that is another server's ends it. */
  async run(): Promise<void> {
    await this.#persistently(async () => await this.#claim());
    this.committed(this.#parts.gateway.databases());
    while (!this.#stopping) {
      await this.#round();
    }
    // What is committed already is worth one more try, no more.
    await this.#store().catch(() => undefined);
  }

  async verify(): Promise<Verification> {
    this.#verifiedMs = Date.now();
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
      await this.#store();
      const waiters = this.#recordWaiters;
      this.#recordWaiters = [];
      try {
        if (await control.storeIfChanged(waiters.length > 0)) {
          this.#tell({ controlStoredMs: Date.now() });
        }
      } catch (error) {
        this.#recordWaiters.push(...waiters);
        throw error;
      }
      for (const resolve of waiters) {
        resolve();
      }
      await this.#tidy();
    });
    this.#tell({ state: 'following', error: null, pendingDatabases: this.#dirty.size });
    if (Date.now() - this.#verifiedMs >= options.verifyEveryMs) {
      await this.verify();
    }
    if (this.#dirty.size === 0 && this.#recordWaiters.length === 0 && !this.#stopping) {
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
        if (error instanceof NotOurs) {
          throw error;
        }
        if (this.#status.error !== textOf(error)) {
          this.#parts.gateway.tell({ type: 'log', level: 'warn', message: `the backup waits: ${textOf(error)}` });
        }
        this.#tell({ state: 'failing', error: textOf(error), pendingDatabases: this.#dirty.size });
        await pause(waitMs);
      }
    }
  }

  /** Two servers that wrote to one place would each destroy the other's backup. */
  async #claim(): Promise<void> {
    const { store, state } = this.#parts;
    const stored = await store.get(OWNER_KEY);
    const owner = stored === undefined ? undefined : (JSON.parse(stored.toString()) as { id: string }).id;
    if (owner !== undefined && owner !== state.owner) {
      throw new NotOurs(
        'the backup belongs to another data folder: choose another bucket or prefix, or restore from this one first',
      );
    }
    if (owner === undefined) {
      const id = randomUUID();
      await store.put(OWNER_KEY, Buffer.from(JSON.stringify({ format: 1, id })));
      state.begin(id);
    }
    const { packs, repeated } = await readCatalogue(store);
    this.#packNumber = Math.max(0, ...packs.map(({ last }) => last));
    this.#packs = packs.length;
    await store.delete(repeated.map(({ key }) => key));
  }

  /** Everything that is dirty now, as far as one pack takes it. */
  async #store(): Promise<void> {
    const { store, state, gateway } = this.#parts;
    const databaseIds = [...this.#dirty];
    const pieces: PackPiece[] = [];
    const next: DatabaseState[] = [];
    let sizeBytes = 0;
    for (let at = 0; at < databaseIds.length && sizeBytes < PACK_BYTES_MAX; at += READS_AT_ONCE) {
      const some = databaseIds.slice(at, at + READS_AT_ONCE);
      for (const databaseId of some) {
        this.#dirty.delete(databaseId);
      }
      const read = await Promise.all(some.map(async (databaseId) => await this.#read(databaseId))).catch(
        (error: unknown) => {
          this.committed(databaseIds);
          throw error;
        },
      );
      for (const found of read.filter((one) => one !== undefined)) {
        pieces.push(found.piece);
        next.push(found.state);
        sizeBytes += found.piece.bytes.length;
      }
    }
    if (pieces.length === 0) {
      return;
    }
    const number = this.#packNumber + 1;
    try {
      await store.put(packKey(number, number), encodePack(pieces));
    } catch (error) {
      this.committed(databaseIds);
      throw error;
    }
    this.#packNumber = number;
    this.#packs += 1;
    state.put(next);
    this.#stored(sizeBytes, 1);
    for (const { databaseId, logId, storedTo } of next) {
      gateway.tell({ type: 'stored', databaseId, logId, frame: storedTo });
    }
  }

  /** What the database has committed since; undefined when there is nothing. Stores an image first where one is due. */
  async #read(databaseId: string): Promise<{ piece: PackPiece; state: DatabaseState } | undefined> {
    const { state, gateway } = this.#parts;
    let known = state.database(databaseId);
    const answer = known === undefined ? undefined : await this.#command(databaseId, known.storedTo + 1);
    let log = answer?.reply.log;
    const isGone = log === undefined || log.isGone || log.logId !== known?.logId;
    const isDue =
      known !== undefined && known.bytesSince > Math.max(IMAGE_AGAIN_BYTES_MIN, known.imageBytes * IMAGE_AGAIN_FACTOR);
    if (answer !== undefined && !answer.reply.ok) {
      return this.#unlessDropped(databaseId, answer.reply);
    }
    if (isGone || isDue) {
      const image = await this.#image(databaseId);
      if (image === undefined) {
        return undefined;
      }
      const storedTo = isGone ? image.imageFrame : (known?.storedTo ?? image.imageFrame);
      known = { ...image, storedTo };
      state.put([known]);
      if (isGone) {
        gateway.tell({ type: 'stored', databaseId, logId: known.logId, frame: storedTo });
        // What came meanwhile.
        this.#dirty.add(databaseId);
        return undefined;
      }
    }
    log = answer?.reply.log;
    if (known === undefined || answer === undefined || log === undefined || answer.body.length === 0) {
      if (known !== undefined && log?.logId === known.logId) {
        // Somebody may wait at a host that has not heard of it.
        gateway.tell({ type: 'stored', databaseId, logId: known.logId, frame: known.storedTo });
      }
      return undefined;
    }
    if (log.lastFrame < log.position) {
      this.#dirty.add(databaseId);
    }
    const { logId, lastFrame } = log;
    const bytes = Buffer.from(answer.body);
    return {
      piece: { databaseId, logId, firstFrame: known.storedTo + 1, lastFrame, bytes },
      state: { ...known, storedTo: lastFrame, bytesSince: known.bytesSince + bytes.length, storedMs: Date.now() },
    };
  }

  async #command(databaseId: string, fromFrame: number): Promise<HostAnswer> {
    return await this.#parts.gateway.command(databaseId, { type: 'read_log', databaseId, fromFrame });
  }

  async #image(databaseId: string): Promise<DatabaseState | undefined> {
    const { store, gateway } = this.#parts;
    const { reply } = await gateway.command(databaseId, { type: 'write_image', databaseId });
    if (reply.image === undefined) {
      this.#unlessDropped(databaseId, reply);
      return undefined;
    }
    const { logId, frame, unixMs, path: file, pageSizeBytes, pageCount } = reply.image;
    try {
      const about = { databaseId, logId, frame, unixMs, pageSizeBytes, pageCount };
      const imageBytes = await uploadImage(store, file, about);
      this.#stored(imageBytes, 2);
      const imageMs = unixMs;
      return {
        databaseId,
        logId,
        storedTo: frame,
        imageFrame: frame,
        imageMs,
        imageBytes,
        bytesSince: 0,
        storedMs: unixMs,
      };
    } finally {
      rmSync(path.resolve(file), { force: true });
    }
  }

  /** A database that was deleted meanwhile is no failure. */
  #unlessDropped(databaseId: string, { error }: CommandReply): undefined {
    const existing = this.#parts.gateway.databases();
    if (existing.includes(databaseId)) {
      this.#dirty.add(databaseId);
      throw new Error(`database ${databaseId} cannot be read: ${error?.message ?? 'no answer'}`);
    }
    this.#parts.state.forget(databaseId);
    return undefined;
  }

  async #tidy(): Promise<void> {
    if (this.#packs >= MERGE_AT_PACKS) {
      this.#packs = await mergePacks(this.#parts.store);
    }
    if (Date.now() - this.#tidiedMs >= TIDY_EVERY_MS) {
      this.#tidiedMs = Date.now();
      await removeObsolete(this.#parts);
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
    this.#status = { ...this.#status, ...change };
    this.#parts.gateway.tell({ type: 'status', status: this.#status });
  }
}

/** The store has the backup of another server. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
