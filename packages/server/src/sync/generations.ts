/**
 * `/info`, `/export` and `/sync`: embedded replicas of libSQL that copy a database file and then its WAL, generation by
 * generation. Source: `libsql/src/sync.rs` of libSQL, the client's side.
 *
 * A client keeps a generation and how many of its frames it has. It asks for frames from the next one on, and an answer
 * with status 400 or 500 and a `generation` means that there are no more: when that generation is higher than its own, it
 * moves its WAL into its file and goes on with the next generation's first frame. So these two statuses must not be
 * given for anything else.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { patientWrite } from '../hrana/http/patient-write.ts';
import { json } from '../hrana/http/request.ts';
import type { Answer, HostRequest } from '../hrana/http/request.ts';
import type { LogLease } from '../instances/databases.ts';
import { BaseChanged } from '../log/base.ts';
import type { Base } from '../log/base.ts';
import { FramesGone } from '../log/frames-gone.ts';
import type { PageLog } from '../log/page-log.ts';
import { requireCopying } from './access.ts';

const BINARY = { 'content-type': 'application/octet-stream' };
const EXPORT_CHUNK_BYTES = 1 << 20;
/** What a client asks for at once. */
const PULL_FRAMES_MAX = 128;

/** `GET /info`: which generation a new copy begins with. */
export async function info(request: HostRequest): Promise<Answer> {
  requireCopying(request);
  if (request.head.settings.syncProtocol === 'v1') {
    // Clients take any answer that is neither success nor 401 for a server that knows version 1 only.
    throw new SkerryError('PATH_NOT_FOUND', { method: 'GET', path: '/info', hint: '' });
  }
  return await withLog(request, ({ log }) => {
    log.poll();
    readyBase(request, log)?.close();
    return json(JSON.stringify({ current_generation: log.generation }));
  });
}

/** `GET /export/:generation`: the database file at the beginning of the present generation. */
export async function exportBase(request: HostRequest): Promise<Answer | undefined> {
  requireCopying(request);
  const [generation] = numbers(request);
  return await withLog(request, async ({ log }) => {
    log.poll();
    const base = readyBase(request, log);
    if (base === undefined) {
      throw new SkerryError('COPY_BUSY', { problem: 'a checkpoint is unfinished' });
    }
    try {
      if (base.generation !== generation) {
        throw new SkerryError('COPY_BUSY', {
          problem: `generation ${generation} was asked for, and ${base.generation} has begun`,
        });
      }
      await send(request, base);
      return undefined;
    } finally {
      base.close();
    }
  });
}

/** `GET /sync/:generation/:start/:end`: frames of a generation, counted from 1; `end` is exclusive. */
export async function pull(request: HostRequest): Promise<Answer> {
  requireCopying(request);
  const [generation = 0, start = 0, end = 0] = numbers(request);
  return await withLog(request, ({ log }) => {
    log.poll();
    const { first, last } = framesOf(log, generation);
    const from = first + start - 1;
    if (start < 1 || from > last + 1) {
      throw new SkerryError('COPY_UNKNOWN', {
        problem: `it has frames of generation ${generation} that the database has not`,
      });
    }
    const count = Math.min(end - start, last - from + 1, PULL_FRAMES_MAX);
    if (count < 1) {
      const body = { status: 'checkpoint_needed', generation: log.generation, max_frame_no: last - first + 1 };
      return json(JSON.stringify(body), 400);
    }
    const body = readFrames(log, from, count);
    request.services.usage.synced(request.head.instance, body.length);
    return { status: 200, headers: BINARY, body };
  });
}

/** The numbers in the path, in their order. */
export function numbers({ head }: HostRequest): number[] {
  return head.path
    .split('/')
    .filter((part) => /^\d{1,10}$/.test(part))
    .map(Number);
}

/** Numbers of a generation's first and last frame. @throws {SkerryError} COPY_UNKNOWN, COPY_TOO_OLD */
export function framesOf(log: PageLog, generation: number): { readonly first: number; readonly last: number } {
  const first = log.generationStart(generation);
  if (first === undefined) {
    const isFromBefore = generation < log.generation && generation >= log.firstGeneration;
    throw isFromBefore
      ? new SkerryError('COPY_TOO_OLD')
      : new SkerryError('COPY_UNKNOWN', { problem: `generation ${generation} is none of this database's` });
  }
  return { first, last: (log.generationStart(generation + 1) ?? log.position + 1) - 1 };
}

export async function withLog<Result>(
  { services, head }: HostRequest,
  run: (lease: LogLease) => Result | Promise<Result>,
): Promise<Result> {
  const lease = services.databases.openLog(head.instance.databaseId);
  try {
    return await run(lease);
  } finally {
    lease.close();
  }
}

/** The base; after a checkpoint when one that was cut short has to be mended. */
function readyBase({ services, head }: HostRequest, log: PageLog): Base | undefined {
  const base = log.openBase();
  if (base !== undefined) {
    return base;
  }
  services.databases.checkpoint(head.instance.databaseId);
  return log.openBase();
}

async function send(request: HostRequest, base: Base): Promise<void> {
  const { channel, services, head } = request;
  // Read before the answer begins: what cannot be had is an error of its own.
  let chunk = readBase(base, 0);
  channel.reply({ status: 200, headers: { ...BINARY, 'content-length': String(base.sizeBytes) } }, '', false);
  request.hasReplied = true;
  for (let sent = chunk.length; chunk.length > 0 && !request.isAborted; sent += chunk.length) {
    services.usage.synced(head.instance, chunk.length);
    await patientWrite(request, chunk);
    request.caller.beforeWork();
    chunk = readBase(base, sent);
  }
  channel.end();
}

/** @throws {SkerryError} COPY_BUSY */
function readBase(base: Base, position: number): Buffer {
  const chunk = Buffer.allocUnsafe(Math.min(EXPORT_CHUNK_BYTES, base.sizeBytes - position));
  try {
    base.read(chunk, position);
    return chunk;
  } catch (error) {
    throw busyIfChanged(error);
  }
}

/** Another process has taken the database over: the next request goes to it. */
export function busyIfChanged(error: unknown): unknown {
  return error instanceof BaseChanged
    ? new SkerryError('COPY_BUSY', { problem: 'a checkpoint has begun' }, { cause: error })
    : error;
}

function readFrames(log: PageLog, from: number, count: number): Buffer {
  const parts: Buffer[] = [];
  try {
    for (let read = 0; read < count;) {
      const frames = log.read(from + read, count - read);
      parts.push(frames.bytes);
      read += frames.count;
    }
  } catch (error) {
    throw error instanceof FramesGone ? new SkerryError('COPY_TOO_OLD', {}, { cause: error }) : error;
  }
  return Buffer.concat(parts);
}
