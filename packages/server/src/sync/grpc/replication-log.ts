/**
 * `wal_log.ReplicationLog`: how embedded replicas of older libSQL clients copy a database, frame by frame. Source:
 * `libsql-server/src/rpc/replication/replication_log.rs` and `libsql-replication` of libSQL.
 *
 * Their frames are counted from 0, and what a client has of them must make up the whole database. Our log begins with what
 * the database file holds, and forgets old frames; so a client that has nothing, or too little, is sent to `Snapshot`. A
 * snapshot's pages need frame numbers too, each its own, below that of the state they show: that is why the log's frames
 * are numbered from a high number on.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';

import type { HostRequest } from '../../hrana/http/request.ts';
import { FramesGone } from '../../log/frames-gone.ts';
import type { PageLog } from '../../log/page-log.ts';
import { requireCopying } from '../access.ts';
import { HelloResponseSchema, LogOffsetSchema } from '../gen/sync/wal_log_pb.ts';
import { withLog } from '../generations.ts';
import { FrameWriter } from './frame-writer.ts';
import { FAILED_PRECONDITION, GrpcError, OUT_OF_RANGE } from './grpc-web.ts';

/** Added to a number of the log; more than a database can have pages. */
const FIRST_FRAME = 2 ** 33;
const BATCH_FRAMES = 1024;
const SNAPSHOT_PAGES = 128;

export async function hello(_message: Buffer, request: HostRequest): Promise<Uint8Array> {
  requireCopying(request);
  return await withLog(request, ({ log }) => {
    log.poll();
    const response = create(HelloResponseSchema, {
      generationId: randomUUID(),
      logId: log.id,
      sessionToken: Buffer.from(sessionToken(log)),
      currentReplicationIndex: BigInt(replicationIndex(log)),
    });
    return toBinary(HelloResponseSchema, response);
  });
}

export async function batchLogEntries(message: Buffer, request: HostRequest): Promise<Uint8Array> {
  requireCopying(request);
  const { nextOffset } = fromBinary(LogOffsetSchema, message);
  return await withLog(request, ({ log }) => {
    log.poll();
    checkSession(request, log);
    const from = Number(nextOffset) - FIRST_FRAME + 1;
    if (from < log.lowestFrame) {
      throw needsSnapshot();
    }
    if (from > log.position + 1) {
      throw new GrpcError(OUT_OF_RANGE, 'frame not yet available');
    }
    const body = readFrames(log, from);
    request.services.usage.synced(request.head.instance, body.length);
    return body;
  });
}

/** Every page once, with descending frame numbers; the last one commits. */
export function* snapshot(_message: Buffer, request: HostRequest): Generator<Uint8Array> {
  requireCopying(request);
  const lease = request.services.databases.openLog(request.head.instance.databaseId);
  const image = lease.log.snapshot();
  try {
    checkSession(request, lease.log);
    const newest = FIRST_FRAME + image.position - 1;
    const { pageCount, pageSizeBytes } = image;
    const buffer = Buffer.allocUnsafe(SNAPSHOT_PAGES * pageSizeBytes);
    for (let first = 1; first <= pageCount; first += SNAPSHOT_PAGES) {
      const count = Math.min(SNAPSHOT_PAGES, pageCount - first + 1);
      const pages = image.pages(first, count, buffer);
      const writer = new FrameWriter('messages', count, pageSizeBytes);
      for (let pageNo = first; pageNo < first + count; pageNo += 1) {
        const at = (pageNo - first) * pageSizeBytes;
        const sizeAfter = pageNo === pageCount ? pageCount : 0;
        writer.add(newest - pageNo + 1, pageNo, sizeAfter, pages.subarray(at, at + pageSizeBytes));
      }
      yield writer.bytes;
      request.services.usage.synced(request.head.instance, pages.length);
    }
  } finally {
    image.close();
    lease.close();
  }
}

/** The number of the newest frame, as these clients count; with no frame yet, one below the first. */
export function replicationIndex(log: PageLog): number {
  return FIRST_FRAME + log.position - 1;
}

/** A `Frames` message. */
function readFrames(log: PageLog, from: number): Uint8Array {
  const count = Math.min(BATCH_FRAMES, log.position - from + 1);
  const writer = new FrameWriter('members', count, log.pageSizeBytes);
  try {
    for (let read = 0; read < count;) {
      const frames = log.read(from + read, count - read);
      for (let index = 0; index < frames.count; index += 1) {
        const number = FIRST_FRAME + from + read + index - 1;
        writer.add(number, frames.pageNo(index), frames.sizeAfter(index), frames.page(index));
      }
      read += frames.count;
    }
  } catch (error) {
    throw error instanceof FramesGone ? needsSnapshot() : error;
  }
  return writer.bytes;
}

/** A UUID that is another one when the log is: a client then says hello again. */
function sessionToken(log: PageLog): string {
  const hex = createHash('sha256').update(log.id).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}

function checkSession({ head }: HostRequest, log: PageLog): void {
  if (head.headers['x-session-token'] !== sessionToken(log)) {
    throw new GrpcError(FAILED_PRECONDITION, 'NO_HELLO');
  }
}

function needsSnapshot(): GrpcError {
  return new GrpcError(FAILED_PRECONDITION, 'NEED_SNAPSHOT');
}
