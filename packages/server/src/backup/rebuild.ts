/**
 * Makes database files of what the store has: an image, and the commits since, up to the last one or to a time.
 *
 * @module
 */
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { Segment, SegmentDamaged } from '../log/segment.ts';
import { type Catalogue, readCatalogue, type StoredImage } from './catalogue.ts';
import { imageFolder, type ImageNote, padded } from './keys.ts';
import type { ObjectStore } from './object-store.ts';
import { decodePack, PackDamaged, type PackPiece } from './pack.ts';

/** The database as of its last commit in the store, or as of a time. */
export interface Rebuilt {
  readonly logId: string;
  readonly frame: number;
  /** The last frame that the store has; behind `frame` when it is amid a commit, or later than the time asked for. */
  readonly storedTo: number;
  readonly sizeBytes: number;
  /** Set when commits are missing that the store should have: the file is as of the commit before them. */
  readonly problem: string | undefined;
}

const READS_AT_ONCE = 4;
const NOTES_AT_ONCE = 16;
/** How often packs may turn out to have been merged while they are fetched. */
const LOOKS_MAX = 10;

/** What the store has of a database is not what was stored. */
export class ImageDamaged extends Error {
  override readonly name = 'ImageDamaged';
}

export class Rebuilder {
  /** Packs that are not what was stored. What they had is missing, unless another has it too. */
  readonly problems: string[] = [];
  readonly #store: ObjectStore;
  readonly #scratch: string;
  /** What each database begins with. */
  readonly #notes = new Map<string, ImageNote>();
  /** The image after that one. */
  readonly #next = new Map<string, StoredImage>();
  #atMs: number | undefined;

  /** @param scratch a folder for pieces on their way; made, and removed by `close` */
  constructor(store: ObjectStore, scratch: string) {
    this.#store = store;
    this.#scratch = scratch;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
  }

  /**
   * Finds an image of each database and fetches the commits since. To be called once, before `rebuild`.
   *
   * @param atMs only commits up to then; all when undefined
   */
  async prepare(wanted: readonly string[], atMs?: number): Promise<void> {
    this.#atMs = atMs;
    let catalogue = await readCatalogue(this.#store);
    for (let at = 0; at < wanted.length; at += NOTES_AT_ONCE) {
      await Promise.all(
        wanted.slice(at, at + NOTES_AT_ONCE).map(async (databaseId) => {
          const images = catalogue.images.get(databaseId) ?? [];
          const note = await this.#newestNote(images);
          if (note !== undefined) {
            this.#notes.set(databaseId, note);
            const next = images.find(({ number }) => number > note.number);
            if (next !== undefined) {
              this.#next.set(databaseId, next);
            }
          }
        }),
      );
    }
    const fetched = new Set<string>();
    for (let look = 0; !(await this.#fetchPacks(catalogue, fetched)); look += 1) {
      if (look === LOOKS_MAX) {
        throw new Error('commits that the store lists cannot be read from it');
      }
      catalogue = await readCatalogue(this.#store);
    }
  }

  /**
   * @param target a file that does not exist, and does not afterwards when this throws
   * @returns undefined when the store has no image, or none so old
   * @throws {ImageDamaged}
   */
  async rebuild(databaseId: string, target: string): Promise<Rebuilt | undefined> {
    const note = this.#notes.get(databaseId);
    if (note === undefined) {
      return undefined;
    }
    const fd = openSync(target, 'wx+', 0o600);
    try {
      await this.#writeImage(note, fd);
      return { ...this.#applyCommits(note, fd), sizeBytes: fstatSync(fd).size };
    } catch (error) {
      rmSync(target);
      throw error instanceof SegmentDamaged ? new ImageDamaged(`${databaseId}: ${error.message}`) : error;
    } finally {
      closeSync(fd);
    }
  }

  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #newestNote(images: readonly StoredImage[]): Promise<ImageNote | undefined> {
    for (const { noteKey } of images.toReversed()) {
      const body = await this.#store.get(noteKey);
      const note = body === undefined ? undefined : noteOf(body);
      if (note !== undefined && note.unixMs <= (this.#atMs ?? Infinity)) {
        return note;
      }
    }
    return undefined;
  }

  /** @returns false when one is gone by now: it was merged into another, which a new look finds */
  async #fetchPacks({ packs }: Catalogue, fetched: Set<string>): Promise<boolean> {
    const from = [...this.#notes.values()].reduce((least, { number }) => Math.min(least, number), Infinity);
    const keys = packs.filter(({ key, last }) => last >= from && !fetched.has(key)).map(({ key }) => key);
    let isWhole = true;
    for (let at = 0; at < keys.length; at += READS_AT_ONCE) {
      const some = keys.slice(at, at + READS_AT_ONCE);
      const bodies = await Promise.all(some.map(async (key) => await this.#store.get(key)));
      for (const [index, body] of bodies.entries()) {
        isWhole &&= body !== undefined;
        if (body !== undefined) {
          this.#keep(some[index] ?? '', body);
          fetched.add(some[index] ?? '');
        }
      }
    }
    return isWhole;
  }

  #keep(key: string, pack: Buffer): void {
    for (const { databaseId, logId, firstFrame, lastFrame, bytes } of this.#piecesOf(key, pack)) {
      const note = this.#notes.get(databaseId);
      if (note?.logId === logId && lastFrame > note.frame) {
        const folder = path.join(this.#scratch, databaseId);
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(path.join(folder, `${padded(firstFrame)}-${padded(lastFrame)}.seg`), bytes, { mode: 0o600 });
      }
    }
  }

  #piecesOf(key: string, pack: Buffer): PackPiece[] {
    try {
      return decodePack(pack);
    } catch (error) {
      if (!(error instanceof PackDamaged)) {
        throw error;
      }
      this.problems.push(`${key}: ${error.message}`);
      return [];
    }
  }

  async #writeImage(note: ImageNote, fd: number): Promise<void> {
    const folder = imageFolder(note);
    const file = path.join(this.#scratch, 'image.part');
    for (let at = 1; at <= note.parts; at += READS_AT_ONCE) {
      const keys = Array.from({ length: Math.min(READS_AT_ONCE, note.parts - at + 1) }, (_, index) => at + index).map(
        (part) => `${folder}${padded(part)}.seg`,
      );
      const bodies = await Promise.all(keys.map(async (key) => await this.#store.get(key)));
      for (const [index, body] of bodies.entries()) {
        if (body === undefined) {
          throw new ImageDamaged(`${note.databaseId}: ${keys[index]} is missing in the store`);
        }
        writeFileSync(file, body, { mode: 0o600 });
        const segment = new Segment(file, note.logId);
        segment.writePages(fd, segment.firstFrame, segment.lastFrame);
      }
    }
    ftruncateSync(fd, note.pageCount * note.pageSizeBytes);
  }

  #applyCommits(note: ImageNote, fd: number): Omit<Rebuilt, 'sizeBytes'> {
    const { databaseId, logId } = note;
    const folder = path.join(this.#scratch, databaseId);
    const segments: Segment[] = [];
    let storedTo = note.frame;
    let problem: string | undefined;
    for (const file of filesOf(folder)) {
      const segment = new Segment(path.join(folder, file), logId);
      if (segment.firstFrame > storedTo + 1) {
        problem = `${databaseId}: the commits from frame ${storedTo + 1} to ${segment.firstFrame - 1} are missing`;
        break;
      }
      if (segment.lastFrame > storedTo) {
        segments.push(segment);
        storedTo = segment.lastFrame;
      }
    }
    const last = Math.min(
      lastCommit(segments),
      this.#atMs === undefined ? Infinity : lastFrameBy(segments, this.#atMs),
    );
    let { frame } = note;
    for (const segment of segments.filter(({ firstFrame }) => firstFrame <= last)) {
      const upTo = Math.min(last, segment.lastFrame);
      const pageCount = segment.writePages(fd, Math.max(frame + 1, segment.firstFrame), upTo);
      if (pageCount > 0) {
        ftruncateSync(fd, pageCount * note.pageSizeBytes);
      }
      frame = Math.max(frame, upTo);
    }
    const next = this.#next.get(databaseId);
    if (next?.logId === logId && storedTo < next.frame && frame === storedTo) {
      // The store was away for longer than the log reaches back.
      problem ??= `${databaseId}: commits up to frame ${next.frame} are stored all together; it is as of frame ${frame}`;
    }
    return { logId, frame, storedTo, problem };
  }
}

/** Undefined when it is damaged: the image before it does as well. */
function noteOf(body: Buffer): ImageNote | undefined {
  try {
    return JSON.parse(body.toString()) as ImageNote;
  } catch {
    return undefined;
  }
}

/** A commit larger than a piece may have been stored in part: it is none. @returns 0 when there is no whole one */
function lastCommit(segments: readonly Segment[]): number {
  for (const { index, firstFrame } of segments.toReversed()) {
    for (let at = index.count - 1; at >= 0; at -= 1) {
      if (index.sizeAfter(at) > 0) {
        return firstFrame + at;
      }
    }
  }
  return 0;
}

function lastFrameBy(segments: readonly Segment[], atMs: number): number {
  return segments
    .flatMap(({ times }) => times)
    .filter(({ unixMs }) => unixMs <= atMs)
    .reduce((last, { frame }) => Math.max(last, frame), 0);
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
