/**
 * Makes database files of what the store has: an image, and the commits since, up to the last one or to a time.
 *
 * @module
 */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

import { Segment } from '../log/segment.ts';
import type { Catalogue, StoredImage } from './catalogue.ts';
import { type ImageNote, padded } from './keys.ts';
import type { ObjectStore } from './object-store.ts';
import { decodePack } from './pack.ts';

/** The database as of its last frame in the store, or as of a time. */
export interface Rebuilt {
  readonly logId: string;
  readonly frame: number;
  readonly sizeBytes: number;
  /** Set when commits are missing that the store should have: the file is as of the frame before them. */
  readonly problem: string | undefined;
}

const READS_AT_ONCE = 4;

export class Rebuilder {
  readonly #store: ObjectStore;
  readonly #catalogue: Catalogue;
  readonly #scratch: string;

  /** @param scratch a folder for pieces on their way; made, and removed by `close` */
  constructor(store: ObjectStore, catalogue: Catalogue, scratch: string) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#scratch = scratch;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
  }

  /** Fetches the commits of these databases. To be called once, before `rebuild`. @throws {PackDamaged} */
  async fetchCommits(wanted: ReadonlySet<string>): Promise<void> {
    const { packs } = this.#catalogue;
    for (let at = 0; at < packs.length; at += READS_AT_ONCE) {
      const some = packs.slice(at, at + READS_AT_ONCE);
      const bodies = await Promise.all(some.map(async ({ key }) => await this.#store.get(key)));
      for (const body of bodies) {
        // One that is gone by now was merged into another, or nothing in it is needed.
        for (const piece of body === undefined ? [] : decodePack(body)) {
          if (wanted.has(piece.databaseId)) {
            const folder = this.#folder(piece.databaseId, piece.logId);
            mkdirSync(folder, { recursive: true, mode: 0o700 });
            const name = `${padded(piece.firstFrame)}-${padded(piece.lastFrame)}.seg`;
            writeFileSync(path.join(folder, name), piece.bytes, { mode: 0o600 });
          }
        }
      }
    }
  }

  /**
   * @param target a file that does not exist
   * @param atMs only commits up to then; all when undefined
   * @returns undefined when the store has no image of the database, or none so old
   */
  async rebuild(databaseId: string, target: string, atMs?: number): Promise<Rebuilt | undefined> {
    const known = this.#catalogue.images.get(databaseId) ?? [];
    for (const image of known.toReversed()) {
      const note = await this.#note(image);
      if (note !== undefined && note.unixMs <= (atMs ?? Infinity)) {
        return await this.#build(note, target, atMs);
      }
    }
    return undefined;
  }

  close(): void {
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #note({ noteKey }: StoredImage): Promise<ImageNote | undefined> {
    const body = await this.#store.get(noteKey);
    return body === undefined ? undefined : (JSON.parse(body.toString()) as ImageNote);
  }

  async #build(note: ImageNote, target: string, atMs: number | undefined): Promise<Rebuilt> {
    const fd = openSync(target, 'wx+', 0o600);
    try {
      await this.#writeImage(note, fd);
      return { ...this.#applyCommits(note, fd, atMs), sizeBytes: fstatSync(fd).size };
    } finally {
      closeSync(fd);
    }
  }

  async #writeImage(note: ImageNote, fd: number): Promise<void> {
    const folder = path.posix.join('images', note.databaseId, note.logId, padded(note.frame));
    const file = path.join(this.#scratch, 'image.part');
    for (let at = 1; at <= note.parts; at += READS_AT_ONCE) {
      const keys = Array.from({ length: Math.min(READS_AT_ONCE, note.parts - at + 1) }, (_, index) => at + index).map(
        (part) => `${folder}/${padded(part)}.seg`,
      );
      const bodies = await Promise.all(keys.map(async (key) => await this.#store.get(key)));
      for (const [index, body] of bodies.entries()) {
        if (body === undefined) {
          throw new Error(`${keys[index]} is missing in the store`);
        }
        writeFileSync(file, body, { mode: 0o600 });
        applySegment(new Segment(file, note.logId), fd, note.pageSizeBytes, 1, Infinity);
      }
    }
    ftruncateSync(fd, note.pageCount * note.pageSizeBytes);
  }

  #applyCommits(note: ImageNote, fd: number, atMs: number | undefined): Omit<Rebuilt, 'sizeBytes'> {
    const folder = this.#folder(note.databaseId, note.logId);
    const segments = filesOf(folder).map((file) => new Segment(path.join(folder, file), note.logId));
    const last = atMs === undefined ? Infinity : lastFrameBy(segments, atMs);
    let { frame } = note;
    for (const segment of segments) {
      if (segment.lastFrame <= frame || segment.firstFrame > last) {
        continue;
      }
      if (segment.firstFrame > frame + 1) {
        const problem = `${note.databaseId}: the commits from frame ${frame + 1} to ${segment.firstFrame - 1} are missing`;
        return { logId: note.logId, frame, problem };
      }
      const upTo = Math.min(last, segment.lastFrame);
      const pageCount = applySegment(segment, fd, note.pageSizeBytes, frame + 1, upTo);
      if (pageCount > 0) {
        ftruncateSync(fd, pageCount * note.pageSizeBytes);
      }
      frame = upTo;
    }
    return { logId: note.logId, frame, problem: undefined };
  }

  #folder(databaseId: string, logId: string): string {
    return path.join(this.#scratch, databaseId, logId);
  }
}

/** Writes the pages of frames `from` to `to`. @returns the database's size in pages after the last commit; 0 without one */
function applySegment(segment: Segment, fd: number, pageSizeBytes: number, from: number, to: number): number {
  let pageCount = 0;
  for (let at = Math.max(from, segment.firstFrame); at <= Math.min(to, segment.lastFrame);) {
    const frames = segment.read(at, Math.min(to, segment.lastFrame) - at + 1);
    for (let index = 0; index < frames.count; index += 1) {
      writeSync(fd, frames.page(index), 0, pageSizeBytes, (frames.pageNo(index) - 1) * pageSizeBytes);
      pageCount = frames.sizeAfter(index) > 0 ? frames.sizeAfter(index) : pageCount;
    }
    at += frames.count;
  }
  return pageCount;
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
