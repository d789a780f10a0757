/**
 * `POST /pull-updates`: what Turso's sync engine copies a database with. Sources: `server_proto.rs` and `sync_server.rs` of
 * Turso's database.
 *
 * A client names the revision that it has, and gets the pages that changed since; or it names one, and gets pages as they
 * were then: all, or those of a bitmap, for a copy that loads its pages when it needs them. What clients write comes as
 * SQL, to `/v2/pipeline`.
 *
 * A revision is a log's id and a frame number. When the log does not reach back to what the client has, every page counts
 * as changed. A revision of another log is refused: the copy is of another database, or of one that was replaced, and
 * must not get pages that do not belong to it. (The protocol knows an answer that replaces a copy; clients cannot apply
 * it to pages, `database_sync_engine.rs` of 0.7.2.) A query that selects pages is answered with all pages: a client takes
 * more than it asked for.
 *
 * @module
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { patientWrite } from '../hrana/http/patient-write.ts';
import type { Answer, HostRequest } from '../hrana/http/request.ts';
import type { LogLease } from '../instances/databases.ts';
import type { PageLog } from '../log/page-log.ts';
import { requireCopying } from './access.ts';
import { PageDataSchema, PullUpdatesRequestSchema, PullUpdatesResponseSchema } from './gen/sync/pull_updates_pb.ts';
import type { PullUpdatesRequest } from './gen/sync/pull_updates_pb.ts';
import { withLog } from './generations.ts';
import { PagesAt } from './pages-at.ts';
import { decodeRoaring } from './roaring.ts';

const LONG_POLL_MAX_MS = 60_000;
/** Another host may write the database for a moment, and this one does not hear of it. */
const LOOK_MS = 500;
const CHUNK_PAGES = 128;
const PAGES_PROTOCOL = 1;

export async function pullUpdates(request: HostRequest): Promise<Answer | undefined> {
  requireCopying(request);
  const asked = decode(request.body);
  if (asked.clientRevision !== '' && asked.serverRevision === '' && asked.longPollTimeoutMs > 0) {
    await withLog(request, async (lease) => await untilChanged(request, lease, asked));
  }
  if (request.isAborted) {
    return undefined;
  }
  return await withLog(request, async ({ log }) => await answer(request, log, asked));
}

async function answer(request: HostRequest, log: PageLog, asked: PullUpdatesRequest): Promise<undefined> {
  // The revision may be of a commit that another host made a moment ago.
  log.poll();
  const since = asked.clientRevision === '' ? undefined : known(log, asked.clientRevision);
  const pages = new PagesAt(log, asked.serverRevision === '' ? undefined : known(log, asked.serverRevision));
  try {
    const changed = since === undefined ? undefined : log.changedPages(since);
    const selected = select(asked, pages.pageCount, changed?.keys());
    await send(request, pages, selected, {
      serverRevision: `${log.id}:${pages.position}`,
      dbSize: BigInt(pages.pageCount),
      rawEncoding: {},
      protocol: PAGES_PROTOCOL,
    });
    return undefined;
  } finally {
    pages.close();
  }
}

async function send(
  request: HostRequest,
  pages: PagesAt,
  selected: readonly number[],
  head: MessageInitShape<typeof PullUpdatesResponseSchema>,
): Promise<void> {
  const { channel, services } = request;
  const first = delimited(toBinary(PullUpdatesResponseSchema, create(PullUpdatesResponseSchema, head)));
  // Read before the answer begins: what is not there any more is an error of its own.
  let chunk = [first, ...read(pages, selected.slice(0, CHUNK_PAGES))];
  channel.reply({ status: 200, headers: { 'content-type': 'application/protobuf' } }, '', false);
  request.hasReplied = true;
  for (let sent = CHUNK_PAGES; chunk.length > 0 && !request.isAborted; sent += CHUNK_PAGES) {
    const bytes = Buffer.concat(chunk);
    services.usage.synced(request.head.instance, bytes.length);
    await patientWrite(request, bytes);
    request.caller.beforeWork();
    chunk = read(pages, selected.slice(sent, sent + CHUNK_PAGES));
  }
  channel.end();
}

function read(pages: PagesAt, pageNos: readonly number[]): Uint8Array[] {
  return pageNos.flatMap((pageNo) => pageData(pageNo, pages.page(pageNo)));
}

/** A delimited `PageData`. Encoded here, because the general encoder copies the page three times. */
function pageData(pageNo: number, page: Buffer): Uint8Array[] {
  const { pageId, encodedPage } = PageDataSchema.field;
  const beforePage = new BinaryWriter()
    .tag(pageId.number, WireType.Varint)
    .uint64(pageNo - 1)
    .tag(encodedPage.number, WireType.LengthDelimited)
    .uint32(page.length)
    .finish();
  return [new BinaryWriter().uint32(beforePage.length + page.length).finish(), beforePage, page];
}

/** Page numbers, counted from 1, in order. */
function select(
  { serverPagesSelector }: PullUpdatesRequest,
  pageCount: number,
  changed: Iterable<number> | undefined,
): number[] {
  const candidates = changed ?? Array.from({ length: pageCount }, (_, index) => index + 1);
  const wanted = serverPagesSelector.length === 0 ? undefined : decodeSelector(serverPagesSelector, pageCount);
  return [...candidates].filter((pageNo) => pageNo <= pageCount && (wanted === undefined || wanted.has(pageNo - 1)));
}

/** Resolves when there is something new, when time is up, and when nobody waits any more. */
async function untilChanged(request: HostRequest, lease: LogLease, asked: PullUpdatesRequest): Promise<void> {
  const isChanged = (): boolean => {
    try {
      lease.log.poll();
      return frameOf(lease.log, asked.clientRevision) !== lease.log.position;
    } catch {
      // Its file was closed: the answer opens it again.
      return true;
    }
  };
  if (isChanged()) {
    return;
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = (): void => {
    if (isChanged()) {
      resolve();
    }
  };
  const timeout = setTimeout(resolve, Math.min(asked.longPollTimeoutMs, LONG_POLL_MAX_MS));
  const interval = setInterval(look, LOOK_MS);
  const stopListening = lease.onCommit(look);
  request.onAbort(resolve);
  await promise;
  stopListening();
  clearTimeout(timeout);
  clearInterval(interval);
}

/** The frame of a revision; undefined when it is none of this log. */
function frameOf(log: PageLog, revision: string): number | undefined {
  const [id, frame = ''] = revision.split(':');
  return id === log.id && /^\d+$/.test(frame) && Number(frame) <= log.position ? Number(frame) : undefined;
}

/** @throws {SkerryError} COPY_UNKNOWN */
function known(log: PageLog, revision: string): number {
  const frame = frameOf(log, revision);
  if (frame === undefined) {
    throw new SkerryError('COPY_UNKNOWN', { problem: 'its revision is none of this database' });
  }
  return frame;
}

function decode(body: Buffer): PullUpdatesRequest {
  try {
    const asked = fromBinary(PullUpdatesRequestSchema, body);
    if (asked.streamKind === 0) {
      return asked;
    }
  } catch (error) {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'the body is no pull-updates request' }, { cause: error });
  }
  throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'this database has no logical log; pull pages' });
}

function decodeSelector(bytes: Uint8Array, pageCount: number): Set<number> {
  try {
    return decodeRoaring(Buffer.from(bytes), pageCount);
  } catch (error) {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'the page selector is no Roaring bitmap' }, { cause: error });
  }
}

function delimited(message: Uint8Array): Uint8Array {
  return new BinaryWriter().bytes(message).finish();
}
