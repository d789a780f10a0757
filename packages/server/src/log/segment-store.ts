/**
 * The segments of one log, in its folder: `<first>-<last>-<first 8 digits of the log id>.seg`, without a gap, the last
 * one ending at what the state calls sealed. What does not fit (a segment of an earlier log, or one whose state was never
 * written) is nothing and gets removed.
 *
 * @module
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import { LRUCache } from 'lru-cache';

import { writeDurably } from './durable-files.ts';
import { Segment } from './segment.ts';

const NAME = /^(\d+)-(\d+)-([0-9a-f]{8})\.seg$/;
/** Heads kept in memory: 8 bytes for each frame. */
const HEADS_KEPT = 8;
/** Dropping a segment rewrites some of its pages, while statements wait. */
const DROPPED_AT_ONCE = 8;

export interface Retention {
  /** Segments may take this much; the oldest go first. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

/** A segment that may go. */
export interface Surplus {
  readonly lastFrame: number;
  readonly sealedAtMs: number;
  /** @throws {SegmentDamaged} */
  readonly segment: () => Segment;
}

interface Entry {
  readonly file: string;
  readonly first: number;
  readonly last: number;
  readonly sizeBytes: number;
  readonly sealedAtMs: number;
}

export class SegmentStore {
  readonly #folder: string;
  readonly #logId: string;
  readonly #entries: Entry[];
  readonly #heads = new LRUCache<string, Segment>({ max: HEADS_KEPT });

  /** Looks at what is there. @param sealedTo number of the last frame that lies in a segment */
  constructor(folder: string, logId: string, sealedTo: number) {
    this.#folder = folder;
    this.#logId = logId;
    const entries = listEntries(folder, logId.slice(0, 8));
    const chain: Entry[] = [];
    for (let end = sealedTo, entry = entries.get(end); entry !== undefined; entry = entries.get(end)) {
      chain.unshift(entry);
      end = entry.first - 1;
    }
    this.#entries = chain;
  }

  /** The lowest frame that can be read; undefined when there is no segment. */
  get lowestFrame(): number | undefined {
    return this.#entries[0]?.first;
  }

  /** The highest frame in a segment; 0 when there is none. */
  get lastFrame(): number {
    return this.#entries.at(-1)?.last ?? 0;
  }

  get sizeBytes(): number {
    return this.#entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  }

  /** Writes a segment of frames `first` to `last`; durable when it returns. It counts once the state says so. */
  add(first: number, last: number, content: Buffer): void {
    const file = `${first}-${last}-${this.#logId.slice(0, 8)}.seg`;
    writeDurably(path.join(this.#folder, file), content);
    this.#entries.push({ file, first, last, sizeBytes: content.length, sealedAtMs: Date.now() });
  }

  /** The segment that holds a frame. @throws {SegmentDamaged} */
  find(frame: number): Segment | undefined {
    const entry = this.#entries.findLast(({ first }) => first <= frame);
    return entry !== undefined && frame <= entry.last ? this.#open(entry) : undefined;
  }

  /** Segments, oldest first, that hold frames above a number. @throws {SegmentDamaged} */
  *after(frame: number): Generator<Segment> {
    for (const entry of this.#entries.filter(({ last }) => last > frame)) {
      yield this.#open(entry);
    }
  }

  /** The oldest segments that the retention does not cover, some of them at a time. */
  surplus({ maxBytes, maxAgeMs }: Retention): Surplus[] {
    let sizeBytes = this.sizeBytes;
    const oldestMs = Date.now() - maxAgeMs;
    const found: Surplus[] = [];
    for (const entry of this.#entries) {
      if ((sizeBytes <= maxBytes && entry.sealedAtMs >= oldestMs) || found.length === DROPPED_AT_ONCE) {
        break;
      }
      sizeBytes -= entry.sizeBytes;
      found.push({ lastFrame: entry.last, sealedAtMs: entry.sealedAtMs, segment: () => this.#open(entry) });
    }
    return found;
  }

  /** Removes the oldest segments, up to a frame. A crash in the middle leaves a shorter chain. */
  drop(lastFrame: number): void {
    for (let entry = this.#entries[0]; entry !== undefined && entry.last <= lastFrame; entry = this.#entries[0]) {
      this.#entries.shift();
      this.#heads.delete(entry.file);
      rmSync(path.join(this.#folder, entry.file), { force: true });
    }
  }

  /** Removes every file that is no part of this log. */
  sweep(): void {
    const known = new Set(this.#entries.map(({ file }) => file));
    for (const file of readdirSync(this.#folder)) {
      if ((NAME.test(file) && !known.has(file)) || file.endsWith('.seg.tmp')) {
        rmSync(path.join(this.#folder, file), { force: true });
      }
    }
  }

  #open(entry: Entry): Segment {
    let segment = this.#heads.get(entry.file);
    if (segment === undefined) {
      segment = new Segment(path.join(this.#folder, entry.file), this.#logId);
      this.#heads.set(entry.file, segment);
    }
    return segment;
  }
}

/** By last frame. Of two that end alike the longer one. */
function listEntries(folder: string, idDigits: string): Map<number, Entry> {
  const entries = new Map<number, Entry>();
  for (const file of readdirSync(folder)) {
    const [, first, last, id] = NAME.exec(file) ?? [];
    if (id === idDigits) {
      const { size, mtimeMs } = statSync(path.join(folder, file));
      const entry = { file, first: Number(first), last: Number(last), sizeBytes: size, sealedAtMs: mtimeMs };
      if (entry.first < (entries.get(entry.last)?.first ?? Infinity)) {
        entries.set(entry.last, entry);
      }
    }
  }
  return entries;
}
