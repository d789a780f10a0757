/**
 * Moves the WAL into the database file, in an order in which nothing that the log has numbered can be lost:
 *
 * 1. With SQLite's write lock: what the database file has of pages that will be overwritten is kept (origins.ts),
 *    everything committed goes into durable segments, and the state says that the database file
 *    is about to change. A read transaction begins, its snapshot exactly there.
 * 2. Without the lock, because SQLite checkpoints outside transactions only: a passive checkpoint. The read transaction
 *    keeps it from moving anything that is not sealed, whoever writes meanwhile.
 * 3. With the lock again: the next generation begins behind what the checkpoint reached. That is everything sealed, or
 *    less when somebody reads an older state; it always is the end of a commit. Pages that have newer frames are left
 *    out (base.ts).
 *
 * After a crash between 1 and 3 the database file holds something between two commits. The state says so, and only a
 * checkpoint that reaches everything sealed makes it exact again.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';

import type { BaseFile } from './base-file.ts';
import type { CommitTimes } from './commit-times.ts';
import { GENERATIONS_KEPT } from './log-state.ts';
import type { BaseMark } from './log-state.ts';
import { pagesOf } from './origins.ts';
import type { Retention, Surplus } from './segment-store.ts';
import { BLOCK_FRAMES, SegmentEncoder } from './segment.ts';
import { FRAME_HEADER_BYTES, sameSalts } from './wal-format.ts';
import type { WalSalts } from './wal-format.ts';
import { markOf } from './wal-numbering.ts';
import type { WalNumbering } from './wal-numbering.ts';

/** A connection that may write. Throws what SQLite throws. */
export interface Writer {
  run(sql: string): void;
}

interface Sealed {
  readonly logId: string;
  readonly to: number;
  readonly life: WalSalts | null;
  /** As it was before. */
  readonly base: BaseMark | null;
}

/** 8 MB of pages. */
const SEGMENT_FRAMES = 2048;

/** @returns whether a generation began */
export function checkpoint(
  numbering: WalNumbering,
  times: CommitTimes,
  baseFile: Pick<BaseFile, 'read'>,
  { databasePath, retention }: { readonly databasePath: string; readonly retention: Retention },
  writer: Writer,
): boolean {
  if (numbering.state.base !== null && numbering.position < generationStart(numbering)) {
    return false;
  }
  const pin = new DatabaseSync(databasePath, { readOnly: true });
  let dropped: readonly Surplus[] = [];
  try {
    const sealed = underLock(numbering, writer, () => {
      const { base, logId } = numbering.state;
      keepOrigins(numbering, baseFile, markOf(databasePath).sizeBytes);
      dropped = seal(numbering, times, retention);
      pin.exec('BEGIN; PRAGMA schema_version');
      return { logId, to: numbering.state.sealedTo, life: numbering.life, base };
    });
    if (sealed === undefined) {
      return false;
    }
    writer.run('PRAGMA wal_checkpoint(PASSIVE)');
    pin.exec('COMMIT');
    const hasBegun = underLock(numbering, writer, () => beginGeneration(numbering, sealed, markOf(databasePath)));
    drop(numbering, dropped);
    return hasBegun ?? false;
  } finally {
    pin.close();
  }
}

/** Number of the present generation's first frame. */
function generationStart({ state }: WalNumbering): number {
  return state.generationStarts.at(-1) ?? 1;
}

/** What the database file has of pages that a checkpoint will overwrite for the first time. */
function keepOrigins(numbering: WalNumbering, baseFile: Pick<BaseFile, 'read'>, sizeBytes: number): void {
  const { index, walBase, pageSizeBytes, history } = numbering;
  const pageNos: number[] = [];
  for (let at = Math.max(0, numbering.state.sealedTo - walBase); at < index.count; at += 1) {
    const pageNo = index.pageNo(at);
    if (!history.known.has(pageNo)) {
      history.known.add(pageNo);
      if (pageNo * pageSizeBytes <= sizeBytes) {
        pageNos.push(pageNo);
      }
    }
  }
  // A checkpoint also cuts off what the database has no longer.
  const sizeAfter = index.count === 0 ? Infinity : index.sizeAfter(index.count - 1);
  for (let pageNo = sizeAfter + 1; pageNo * pageSizeBytes <= sizeBytes; pageNo += 1) {
    if (!history.known.has(pageNo)) {
      history.known.add(pageNo);
      pageNos.push(pageNo);
    }
  }
  history.origins.add(
    (function* images() {
      for (const pageNo of pageNos) {
        const bytes = Buffer.alloc(pageSizeBytes);
        baseFile.read(bytes, (pageNo - 1) * pageSizeBytes);
        yield { pageNo, bytes };
      }
    })(),
  );
}

/** @returns segments that retention does not cover any more: the log is no longer complete for their frames */
function seal(numbering: WalNumbering, times: CommitTimes, retention: Retention): readonly Surplus[] {
  const { position, segments, wal, walBase } = numbering;
  const { logId } = numbering.state;
  times.reload(numbering.state.sealedTo);
  const piece = Buffer.allocUnsafe(BLOCK_FRAMES * (FRAME_HEADER_BYTES + numbering.pageSizeBytes));
  for (let from = numbering.state.sealedTo + 1; from <= position;) {
    const last = Math.min(from + SEGMENT_FRAMES - 1, position);
    const encoder = new SegmentEncoder(numbering.pageSizeBytes);
    for (let next = from; next <= last; next += BLOCK_FRAMES) {
      const pieceLast = Math.min(next + BLOCK_FRAMES - 1, last);
      encoder.add(wal.read(next - walBase, pieceLast - walBase, numbering.presentHeader(), next, piece));
    }
    segments.add(from, last, encoder.finish(logId, from, times.between(from - 1, last)));
    from = last + 1;
  }
  const surplus = segments.surplus(retention);
  const last = surplus.at(-1);
  const complete =
    last === undefined
      ? {}
      : { completeFrom: last.lastFrame, completeSinceMs: last.segment().times.at(-1)?.unixMs ?? last.sealedAtMs };
  numbering.write({ sealedTo: position, base: null, isDurable: true, ...complete });
  times.forget(position, logId);
  return surplus;
}

/** In this order a crash leaves what is needed twice, never not at all. */
function drop(numbering: WalNumbering, surplus: readonly Surplus[]): void {
  const last = surplus.at(-1);
  if (last === undefined || numbering.completeFrom < last.lastFrame) {
    return;
  }
  const { origins } = numbering.history;
  for (const { segment } of surplus) {
    origins.add(pagesOf(segment()));
  }
  numbering.segments.drop(last.lastFrame);
  origins.clean();
}

function beginGeneration(numbering: WalNumbering, sealed: Sealed, found: BaseMark): boolean {
  const { state } = numbering;
  if (state.logId !== sealed.logId) {
    return false;
  }
  // Has the WAL started over meanwhile, then all that was sealed is in the database file.
  const reached = sameSalts(sealed.life, numbering.life)
    ? numbering.walBase + numbering.observe().backfilled
    : sealed.to;
  const isExact = sealed.base !== null || reached >= sealed.to;
  if (!isExact || reached < generationStart(numbering)) {
    // Nothing moved, or not enough to make good a checkpoint that was cut short.
    const isUntouched = sealed.base?.modifiedNs === found.modifiedNs && sealed.base.sizeBytes === found.sizeBytes;
    numbering.write({ base: isUntouched ? found : null });
    return false;
  }
  numbering.write({
    base: found,
    generation: state.generation + 1,
    generationStarts: [...state.generationStarts, reached + 1].slice(-GENERATIONS_KEPT),
  });
  return true;
}

/** Runs with SQLite's write lock, everything committed so far known; undefined when somebody else has the lock. */
function underLock<Result>(numbering: WalNumbering, writer: Writer, run: () => Result): Result | undefined {
  try {
    writer.run('BEGIN IMMEDIATE');
  } catch {
    return undefined;
  }
  try {
    numbering.adoptNewerState();
    numbering.poll();
    return run();
  } finally {
    writer.run('ROLLBACK');
  }
}
