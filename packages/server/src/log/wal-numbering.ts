/**
 * Follows the WAL of one database and says which number each of its frames has in the log. What the numbers rest on is
 * told in page-log.ts.
 *
 * @module
 */
import { randomInt, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

import { FrameIndex } from './frame-index.ts';
import { LogStateFile } from './log-state.ts';
import type { BaseMark, LogState } from './log-state.ts';
import { Origins } from './origins.ts';
import { PageSet } from './page-set.ts';
import { SegmentStore } from './segment-store.ts';
import { WalChanged, WalFile } from './wal-file.ts';
import { followsUpon, sameSalts } from './wal-format.ts';
import type { WalHeader, WalSalts } from './wal-format.ts';
import { WalIndexFile } from './wal-index-file.ts';
import type { WalView } from './wal-index-file.ts';

/** What the log has beyond its frames, and of which pages it has anything. */
export interface History {
  readonly origins: Origins;
  readonly known: PageSet;
}

/** Clients keep a generation in 32 bits; a log has room for more of them behind the one that it begins with. */
const GENERATION_MAX = 2 ** 31;
/** How often something is looked at again that another process is changing. */
const TRIES = 1000;

export class WalNumbering {
  readonly pageSizeBytes: number;
  readonly wal: WalFile;
  /** The committed frames of the WAL's present life. */
  readonly index = new FrameIndex();

  readonly #databasePath: string;
  readonly #folder: string;
  readonly #stateFile: LogStateFile;
  /** Read-only, and the last to close: SQLite leaves the WAL alone then. */
  readonly #keeper: DatabaseSync;
  readonly #noop: StatementSync;
  readonly #walIndex: WalIndexFile;
  readonly #isBaseIntact: boolean;
  #state: LogState;
  #segments: SegmentStore;
  #history: History | undefined;
  /** The life that `index` is of; null when it has none yet. */
  #life: WalHeader | null = null;
  #walBase: number;

  /**
   * @param isBaseIntact nothing of what the WAL has can be in the database file yet
   * @throws when the database cannot be read
   */
  constructor(databasePath: string, folder: string, isBaseIntact = false) {
    this.#databasePath = databasePath;
    this.#isBaseIntact = isBaseIntact;
    this.#folder = folder;
    this.#stateFile = new LogStateFile(folder);
    this.wal = new WalFile(databasePath);
    this.#walIndex = new WalIndexFile(databasePath);
    this.#keeper = new DatabaseSync(databasePath, { readOnly: true, returnArrays: true, timeout: 1_000 });
    try {
      this.#keeper.exec('PRAGMA cache_size = 1');
      const [pageSizeBytes = 0] = row(this.#keeper.prepare('PRAGMA page_size'));
      this.pageSizeBytes = pageSizeBytes;
      // Reads page 1, which also makes SQLite recover the WAL after a crash.
      row(this.#keeper.prepare('PRAGMA schema_version'));
      this.#noop = this.#keeper.prepare('PRAGMA wal_checkpoint(NOOP)');
      const view = this.#ask();
      const state = this.#stateFile.read();
      this.#state = state !== undefined && this.#isOurs(state, view) ? state : this.#newState(view, state);
      this.#segments = new SegmentStore(folder, this.#state.logId, this.#state.sealedTo);
      this.#segments.sweep();
      this.#walBase = this.#state.sealedTo;
      this.poll();
    } catch (error) {
      this.#keeper.close();
      throw error;
    }
  }

  get state(): LogState {
    return this.#state;
  }

  get segments(): SegmentStore {
    return this.#segments;
  }

  /** The database can be had as of every frame from this one on. */
  get completeFrom(): number {
    return this.#state.completeFrom ?? this.#state.sealedTo;
  }

  /** What is needed of before that. Read from the files when it is asked for first. */
  get history(): History {
    if (this.#history === undefined) {
      const origins = new Origins(this.#folder, this.#state.logId, this.pageSizeBytes);
      const known = new PageSet();
      for (const pageNo of origins.pageNos()) {
        known.add(pageNo);
      }
      for (const { index } of this.#segments.after(0)) {
        for (let at = 0; at < index.count; at += 1) {
          known.add(index.pageNo(at));
        }
      }
      this.#history = { origins, known };
    }
    return this.#history;
  }

  /** Frame k of the WAL has the number `walBase + k`. */
  get walBase(): number {
    return this.#walBase;
  }

  get life(): WalSalts | null {
    return this.#life;
  }

  /** Number of the last committed frame. */
  get position(): number {
    return this.#walBase + this.index.count;
  }

  /** Looks for commits, whoever made them. */
  poll(): void {
    for (let tries = 1; ; tries += 1) {
      try {
        this.#follow(this.observe());
        return;
      } catch (error) {
        // Another process started the WAL over between two of our looks at it.
        if (!(error instanceof WalChanged) || tries === TRIES) {
          throw error;
        }
      }
    }
  }

  /** Committed frames of the WAL; undefined when its life is not the one that `poll` has seen, or is not easily known. */
  glance(): number | undefined {
    const view = this.#walIndex.read();
    return view?.header !== undefined && sameSalts(view.header, this.#life) && view.count >= this.index.count
      ? view.count
      : undefined;
  }

  /** How much of the WAL is committed. */
  observe(): WalView {
    return this.#walIndex.read() ?? this.#ask();
  }

  /** Asks SQLite. The header is told even when no frame follows it. */
  #ask(): WalView {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = this.wal.header();
      const [busy = 1, count = 0, backfilled = 0] = row(this.#noop);
      const header = this.wal.header();
      if (busy === 0 && (header === before || count === 0)) {
        if (count < 0) {
          throw new Error(`${this.#databasePath} is not in WAL mode`);
        }
        return { header, count, backfilled };
      }
    }
    throw new Error(`${this.#databasePath}: the write-ahead log cannot be read`);
  }

  /** At the opening: whether the files are those that the state tells of. */
  #isOurs(state: LogState, { header, count }: WalView): boolean {
    const { base, wal, isDrained } = state;
    if (base !== null && !this.#isBase(base)) {
      return false;
    }
    if (wal === null || isDrained) {
      return true;
    }
    if (header === undefined) {
      return false;
    }
    // Killed right after it started the WAL over, a writer leaves a header without frames.
    return sameSalts(header, wal) ? count > 0 : this.#mayFollow(header, state);
  }

  /** Whether a life of the WAL may be the one after the present one, that is: all of the present one is sealed. */
  #mayFollow(header: WalHeader, { base, wal, isDrained }: LogState): boolean {
    if (base !== null) {
      // SQLite starts a WAL over when all of it is in the database file, and nobody has moved anything there but us.
      return this.#isBase(base);
    }
    return wal === null || isDrained || followsUpon(header, wal);
  }

  #isBase({ sizeBytes, modifiedNs }: BaseMark): boolean {
    const found = markOf(this.#databasePath);
    return sizeBytes === found.sizeBytes && modifiedNs === found.modifiedNs;
  }

  #newState({ header, count }: WalView, old: LogState | undefined): LogState {
    const hasFrames = header !== undefined && count > 0;
    const isIntact = !hasFrames || (this.#isBaseIntact && old === undefined);
    const generation = randomInt(1, GENERATION_MAX);
    const state: LogState = {
      sequence: (old?.sequence ?? 0) + 1,
      logId: randomUUID(),
      generation,
      firstGeneration: generation,
      generationStarts: [1],
      wal: hasFrames ? saltsOf(header) : null,
      isDrained: !hasFrames,
      walBase: 0,
      sealedTo: 0,
      // Some of the frames may be in the database file already.
      base: isIntact ? markOf(this.#databasePath) : null,
      completeFrom: isIntact ? 0 : count,
      completeSinceMs: modifiedMs(isIntact ? this.#databasePath : `${this.#databasePath}-wal`),
    };
    this.#stateFile.write(state, false);
    return state;
  }

  #startAnew(view: WalView): void {
    this.#useState(this.#newState(view, this.#stateFile.read() ?? this.#state));
    this.#segments.sweep();
    this.#beginLife(view.count > 0 ? (view.header ?? null) : null, 0);
  }

  #beginLife(header: WalHeader | null, walBase: number): void {
    this.index.clear();
    this.#life = header;
    this.#walBase = walBase;
  }

  #follow(view: WalView): void {
    const { header, count } = view;
    if (count === 0 || header === undefined) {
      if (this.index.count > 0) {
        this.adoptNewerState();
        if (this.position > this.#state.sealedTo) {
          this.#startAnew(view);
        } else {
          this.#beginLife(null, this.#state.sealedTo);
        }
      }
      return;
    }
    if (!sameSalts(header, this.#life)) {
      this.#followLife(header, view);
    }
    if (count < this.index.count) {
      this.#startAnew(view);
    }
    if (count > this.index.count) {
      if (this.#state.isDrained) {
        this.write({ isDrained: false });
      }
      this.wal.scan(this.index.count + 1, count, header, (pageNo, sizeAfter) => this.index.push(pageNo, sizeAfter));
    }
  }

  /** The WAL has another life than the one in memory: the one that the state names, or the next. */
  #followLife(header: WalHeader, view: WalView): void {
    const { position } = this;
    const id = this.#state.logId;
    this.adoptNewerState();
    const { wal, walBase, sealedTo } = this.#state;
    if (sameSalts(header, wal)) {
      this.#beginLife(header, walBase);
    } else if (id !== this.#state.logId || position > sealedTo || !this.#mayFollow(header, this.#state)) {
      this.#startAnew(view);
    } else {
      this.write({ wal: saltsOf(header), walBase: sealedTo, isDrained: false });
      this.#beginLife(header, sealedTo);
    }
  }

  presentHeader(): WalHeader {
    const header = this.wal.header();
    if (header === undefined || !sameSalts(header, this.#life)) {
      throw new WalChanged('the write-ahead log has started over');
    }
    return header;
  }

  /** As whichever process has written it last; not taken over here. */
  presentState(): LogState {
    return this.#stateFile.read() ?? this.#state;
  }

  /** Another process may have gone on with the log while it had the database. */
  adoptNewerState(): void {
    const state = this.#stateFile.read();
    if (state === undefined || state.sequence <= this.#state.sequence) {
      return;
    }
    const id = this.#state.logId;
    this.#useState(state);
    if (id !== state.logId) {
      this.#beginLife(null, state.sealedTo);
    }
  }

  #useState(state: LogState): void {
    this.#state = state;
    this.#history = undefined;
    this.#segments = new SegmentStore(this.#folder, state.logId, state.sealedTo);
  }

  write(change: Partial<LogState>): void {
    const state = { ...this.#state, ...change, sequence: this.#state.sequence + 1 };
    this.#stateFile.write(state, state.isDurable === true && this.#state.isDurable !== true);
    this.#state = state;
  }

  close(): void {
    this.closeKeeper();
    this.wal.close();
    this.#walIndex.close();
  }

  /** Lets SQLite remove the WAL when the last writing connection closes. */
  closeKeeper(): void {
    if (this.#keeper.isOpen) {
      this.#keeper.close();
    }
  }
}

function row(statement: StatementSync): number[] {
  return statement.get() as unknown as number[];
}

function saltsOf({ salt1, salt2 }: WalSalts): WalSalts {
  return { salt1, salt2 };
}

export function markOf(databasePath: string): BaseMark {
  const { size, mtimeNs } = statSync(databasePath, { bigint: true });
  return { sizeBytes: Number(size), modifiedNs: String(mtimeNs) };
}

function modifiedMs(file: string): number {
  return Math.ceil(statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}
