/**
 * What pages held where the log's history begins, of those that changed since: with them the log can give the database
 * as of any of its frames, although checkpoints overwrite the database file and retention drops segments.
 *
 * A page gets here in one of two ways: before a checkpoint overwrites it for the first time, and when the segment that has
 * its newest image is dropped. Files are `<number>-<first 8 digits of the log id>.org`, shaped as segments (segment.ts)
 * whose frame numbers only count; of a page that is in several, the one in the highest file counts.
 *
 * The page as of frame f, for any f from the state's `completeFrom` on, is the newest of its frames up to f in the log;
 * failing that what is here; failing that what the database file has, since nothing has changed it.
 *
 * @module
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import { writeDurably } from './durable-files.ts';
import { Frames } from './frames.ts';
import { encodeSegment, Segment } from './segment.ts';
import { FRAME_HEADER_BYTES } from './wal-format.ts';

const NAME = /^(\d+)-([0-9a-f]{8})\.org$/;
/** 8 MB of pages. */
const FILE_PAGES = 2048;
/** So many pages may be there twice before the oldest file is cleaned. */
const SLACK_PAGES = 4096;

export interface PageImage {
  readonly pageNo: number;
  readonly bytes: Buffer;
}

export class Origins {
  readonly #folder: string;
  readonly #logId: string;
  readonly #pageSizeBytes: number;
  /** File number → its head; in order. */
  readonly #files = new Map<number, Segment>();

  constructor(folder: string, logId: string, pageSizeBytes: number) {
    this.#folder = folder;
    this.#logId = logId;
    this.#pageSizeBytes = pageSizeBytes;
    const numbers: number[] = [];
    for (const file of readdirSync(folder)) {
      const [, number, id] = NAME.exec(file) ?? [];
      if (id === logId.slice(0, 8)) {
        numbers.push(Number(number));
      } else if (number !== undefined || file.endsWith('.org.tmp')) {
        rmSync(path.join(folder, file), { force: true });
      }
    }
    for (const number of numbers.sort((a, b) => a - b)) {
      this.#files.set(number, new Segment(this.#path(number), logId));
    }
  }

  /** Page number → where its image is. */
  *pageNos(): Generator<number> {
    for (const { index } of this.#files.values()) {
      for (let at = 0; at < index.count; at += 1) {
        yield index.pageNo(at);
      }
    }
  }

  /** How to read each page that is here. Files that go meanwhile are still read, as they are open by name only: retry. */
  readers(): Map<number, () => Buffer> {
    const found = new Map<number, () => Buffer>();
    for (const segment of this.#files.values()) {
      for (let at = 0; at < segment.index.count; at += 1) {
        found.set(segment.index.pageNo(at), () => segment.read(segment.firstFrame + at, 1).page(0));
      }
    }
    return found;
  }

  /** Durable when it returns. */
  add(pages: Iterable<PageImage>): void {
    let batch: PageImage[] = [];
    for (const page of pages) {
      batch.push(page);
      if (batch.length === FILE_PAGES) {
        this.#write(batch);
        batch = [];
      }
    }
    if (batch.length > 0) {
      this.#write(batch);
    }
  }

  /** Rewrites the oldest file when too much of what is here is there twice. One file at most, so that it takes no time. */
  clean(): void {
    const newest = new Map<number, number>();
    let total = 0;
    for (const [number, { index }] of this.#files) {
      total += index.count;
      for (let at = 0; at < index.count; at += 1) {
        newest.set(index.pageNo(at), number);
      }
    }
    const [oldest] = this.#files;
    if (oldest === undefined || total <= 2 * newest.size + SLACK_PAGES) {
      return;
    }
    const [number, segment] = oldest;
    this.add([...pagesOf(segment)].filter(({ pageNo }) => newest.get(pageNo) === number));
    this.#files.delete(number);
    rmSync(this.#path(number), { force: true });
  }

  #write(pages: readonly PageImage[]): void {
    const number = ([...this.#files.keys()].at(-1) ?? 0) + 1;
    const frameBytes = FRAME_HEADER_BYTES + this.#pageSizeBytes;
    const bytes = Buffer.alloc(pages.length * frameBytes);
    for (const [index, page] of pages.entries()) {
      bytes.writeUInt32BE(page.pageNo, index * frameBytes);
      page.bytes.copy(bytes, index * frameBytes + FRAME_HEADER_BYTES);
    }
    const file = this.#path(number);
    writeDurably(file, encodeSegment(this.#logId, new Frames(1, this.#pageSizeBytes, bytes), []));
    this.#files.set(number, new Segment(file, this.#logId));
  }

  #path(number: number): string {
    return path.join(this.#folder, `${number}-${this.#logId.slice(0, 8)}.org`);
  }
}

/** The newest image of each page in a segment. */
export function* pagesOf(segment: Segment): Generator<PageImage> {
  const { index, firstFrame, lastFrame } = segment;
  const newest = new Map<number, number>();
  for (let at = 0; at < index.count; at += 1) {
    newest.set(index.pageNo(at), firstFrame + at);
  }
  for (let from = firstFrame; from <= lastFrame;) {
    const frames = segment.read(from, lastFrame - from + 1);
    for (let at = 0; at < frames.count; at += 1) {
      const pageNo = frames.pageNo(at);
      if (newest.get(pageNo) === from + at) {
        yield { pageNo, bytes: frames.page(at) };
      }
    }
    from += frames.count;
  }
}
