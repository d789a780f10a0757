/**
 * `POST /sync/:generation/:start/:end`: frames that a client wrote while it was offline. Source: `libsql/src/sync.rs` of
 * libSQL, the client's side.
 *
 * The answer says up to which frame of the generation the server has what the client has. Lower than what was sent: the
 * client sends again from there. `conflict`: somebody else has written meanwhile, and the client gives up.
 *
 * A client sends 128 frames at a time, so a transaction may come in several requests. What has no commit yet is held in
 * memory, under the baton of the answer; only whole transactions reach the database. When the held frames are lost, the
 * next answer is a lower number. What is too much to hold is refused for good: a client that was answered a lower number
 * would send it again and again.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import { LRUCache } from 'lru-cache';

import { appendFrames } from '../copies/append-frames.ts';
import { json } from '../hrana/http/request.ts';
import type { Answer, HostRequest } from '../hrana/http/request.ts';
import { Frames } from '../log/frames.ts';
import type { PageLog } from '../log/page-log.ts';
import { requirePushing } from './access.ts';
import { withLog } from './generations.ts';

const PAGE_BYTES = 4096;
const FRAME_BYTES = 24 + PAGE_BYTES;
/** A client that never wrote to a server numbers its frames in this generation. */
const OWN_GENERATION = 1;
const HELD_MAX_BYTES = 256 * 1024 * 1024;
const HELD_MS = 60_000;

interface Pushed {
  readonly databaseId: string;
  /** Generation and number, within it, of the first frame. */
  readonly generation: number;
  readonly start: number;
  readonly bytes: Buffer;
}

/** Where the server stands in the present generation. */
interface Standing {
  readonly generation: number;
  /** Number in the log before the generation's first frame. */
  readonly before: number;
  /** Frames of the generation that the server has. */
  readonly count: number;
}

type Status = 'ok' | 'conflict';

export class Pushes {
  readonly #held = new LRUCache<string, Pushed>({
    max: 1_000,
    ttl: HELD_MS,
    maxSize: HELD_MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
  });

  readonly push = async (request: HostRequest): Promise<Answer> => {
    requirePushing(request);
    const pushed = this.#whole(request);
    const { standing, decision } = await withLog(request, ({ log }) => {
      log.poll();
      const present = standingOf(log);
      return { standing: present, decision: decide(log, present, pushed) };
    });
    if (decision !== 'append') {
      return answer(standing, ...decision);
    }
    const frames = new Frames(pushed.start, PAGE_BYTES, pushed.bytes);
    const wholeCount = committedCount(frames);
    check(frames, request.head.settings.sizeLimitBytes);
    const { databaseId } = request.head.instance;
    if (wholeCount > 0) {
      const bytes = pushed.bytes.subarray(0, wholeCount * FRAME_BYTES);
      const position = standing.before + standing.count;
      const isThere = request.services.databases.alone(databaseId, (options) => appendFrames(options, bytes, position));
      if (!isThere) {
        throw new SkerryError('COPY_BUSY', { problem: 'somebody else is writing' });
      }
      request.services.usage.synced(request.head.instance, bytes.length);
    }
    const rest: Pushed = {
      databaseId,
      generation: wholeCount > 0 ? standing.generation : pushed.generation,
      start: pushed.start + wholeCount,
      bytes: pushed.bytes.subarray(wholeCount * FRAME_BYTES),
    };
    if (rest.bytes.length > HELD_MAX_BYTES) {
      throw new SkerryError('PUSH_TOO_LARGE', { limitBytes: HELD_MAX_BYTES });
    }
    return answer(standing, 'ok', frames.lastFrame, rest.bytes.length > 0 ? this.#hold(rest) : undefined);
  };

  /** The request's frames behind those that were held for it. */
  #whole({ head, body }: HostRequest): Pushed {
    const [, , generationText = '', startText = '', endText = '', baton] = head.path.split('/');
    const [generation, start, end] = [Number(generationText), Number(startText), Number(endText)];
    const isRange = [generation, start, end].every(Number.isSafeInteger) && end > start && start > 0;
    if (!isRange || body.length !== (end - start) * FRAME_BYTES) {
      throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'the frames do not have the length that the path tells' });
    }
    const { databaseId } = head.instance;
    const held = baton === undefined ? undefined : this.#held.get(baton);
    if (
      held === undefined ||
      held.databaseId !== databaseId ||
      held.start + held.bytes.length / FRAME_BYTES !== start
    ) {
      return { databaseId, generation, start, bytes: body };
    }
    return { databaseId, generation: held.generation, start: held.start, bytes: Buffer.concat([held.bytes, body]) };
  }

  #hold(pushed: Pushed): string {
    const baton = randomUUID();
    this.#held.set(baton, pushed);
    return baton;
  }
}

function standingOf(log: PageLog): Standing {
  const before = (log.generationStart(log.generation) ?? 1) - 1;
  return { generation: log.generation, before, count: log.position - before };
}

/** Either the frames go to the end of the log, or the answer is known. */
function decide(log: PageLog, standing: Standing, pushed: Pushed): 'append' | [status: Status, maxFrame: number] {
  const { generation, count } = standing;
  if (pushed.generation !== generation) {
    return isFirstOfNew(log, pushed) ? 'append' : ['conflict', count];
  }
  if (pushed.start > count + 1) {
    return ['ok', count];
  }
  if (pushed.start === count + 1) {
    return 'append';
  }
  // Sent again, because the answer was lost? Then they are the same.
  const frames = new Frames(pushed.start, PAGE_BYTES, pushed.bytes);
  for (let index = 0; index < frames.count && frames.firstFrame + index <= count; index += 1) {
    const known = log.read(standing.before + frames.firstFrame + index, 1);
    if (known.pageNo(0) !== frames.pageNo(index) || !known.page(0).equals(frames.page(index))) {
      return ['conflict', count];
    }
  }
  return ['ok', Math.min(frames.lastFrame, count)];
}

/** A database that was made offline comes to one that is still empty: all of its pages must be among the frames. */
function isFirstOfNew(log: PageLog, { generation, start, bytes }: Pushed): boolean {
  const base = log.openBase();
  base?.close();
  if (generation !== OWN_GENERATION || start !== 1 || log.position !== 0 || base?.sizeBytes !== PAGE_BYTES) {
    return false;
  }
  const frames = new Frames(start, PAGE_BYTES, bytes);
  const count = committedCount(frames);
  const pages = new Set(Array.from({ length: count }, (_, index) => frames.pageNo(index)));
  const size = count === 0 ? 1 : frames.sizeAfter(count - 1);
  return Array.from({ length: size }, (_, index) => index + 1).every((pageNo) => count === 0 || pages.has(pageNo));
}

/** How many frames belong to whole transactions. */
function committedCount(frames: Frames): number {
  for (let index = frames.count - 1; index >= 0; index -= 1) {
    if (frames.sizeAfter(index) > 0) {
      return index + 1;
    }
  }
  return 0;
}

/** @throws {SkerryError} when the pages cannot be those of a database that is served here, or it would be too large */
function check(frames: Frames, sizeLimitBytes: number | null): void {
  for (let index = 0; index < frames.count; index += 1) {
    const page = frames.page(index);
    const isSound =
      frames.pageNo(index) > 0 &&
      (frames.pageNo(index) > 1 ||
        // File format, section 1.3: magic, page size, no reserved bytes, UTF-8 (0 while there is no table).
        (page.toString('latin1', 0, 16) === 'SQLite format 3\0' &&
          page.readUInt16BE(16) === PAGE_BYTES &&
          page[20] === 0 &&
          page.readUInt32BE(56) <= 1));
    if (!isSound) {
      throw new SkerryError('PROTOCOL_VIOLATED', {
        problem: `page ${frames.pageNo(index)} cannot be one of a database`,
      });
    }
    if (sizeLimitBytes !== null && frames.sizeAfter(index) * PAGE_BYTES > sizeLimitBytes) {
      throw new SkerryError('BLOCKED', { reason: 'the database would become larger than it may' });
    }
  }
}

function answer({ generation }: Standing, status: Status, maxFrame: number, baton?: string): Answer {
  return json(
    JSON.stringify({ status, generation, max_frame_no: maxFrame, ...(baton === undefined ? {} : { baton }) }),
  );
}
