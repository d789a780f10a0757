/**
 * Reads what a database has committed since the last upload, and sees when it needs a whole image first.
 *
 * @module
 */
import type { Gateway } from './backup.ts';
import type { ImageUploads } from './image-uploads.ts';
import type { DatabaseState, LocalState } from './local-state.ts';
import type { BackupLimits, HostAnswer } from './messages.ts';
import type { PackPiece } from './pack.ts';
import type { Waiting } from './waiting.ts';

export interface ReadingParts {
  readonly limits: BackupLimits;
  readonly state: LocalState;
  readonly gateway: Gateway;
  readonly waiting: Waiting;
  readonly images: ImageUploads;
  readonly failed: (error: unknown) => void;
}

export interface FoundCommits {
  readonly piece: PackPiece;
  /** Once the piece is stored. */
  readonly state: DatabaseState;
}

/**
 * @param sinceMs since when the database waits
 * @returns undefined when there is nothing to store now: no commits, an image comes first, or it cannot be read
 */
export async function readCommits(
  parts: ReadingParts,
  databaseId: string,
  sinceMs: number,
): Promise<FoundCommits | undefined> {
  const { limits, state, gateway, waiting, images } = parts;
  const known = state.database(databaseId);
  if (known === undefined) {
    images.begin(databaseId, sinceMs);
    return undefined;
  }
  const fromFrame = known.storedTo + 1;
  const { reply, body } = await answerOf(gateway, databaseId, fromFrame);
  const { log } = reply;
  if (log === undefined) {
    unreadable(parts, databaseId, sinceMs, reply.error?.message);
    return undefined;
  }
  waiting.succeeded(databaseId);
  if (log.isGone || log.logId !== known.logId) {
    images.begin(databaseId, sinceMs);
    return undefined;
  }
  if (known.bytesSince > Math.max(limits.imageAgainBytesMin, known.imageBytes)) {
    images.begin(databaseId, sinceMs);
  }
  const { logId, lastFrame } = log;
  if (body.length === 0) {
    // Somebody may wait at a host that has not heard of it.
    gateway.tell({ type: 'stored', databaseId, logId, frame: known.storedTo });
    return undefined;
  }
  if (lastFrame < log.position) {
    waiting.add(databaseId, sinceMs);
  }
  const bytes = Buffer.from(body);
  return {
    piece: { databaseId, logId, firstFrame: fromFrame, lastFrame, bytes },
    state: { ...known, storedTo: lastFrame, bytesSince: known.bytesSince + bytes.length, storedMs: Date.now() },
  };
}

async function answerOf(gateway: Gateway, databaseId: string, fromFrame: number): Promise<HostAnswer> {
  try {
    return await gateway.command(databaseId, { type: 'read_log', databaseId, fromFrame });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { reply: { ok: false, error: { code: 'internal', message } }, body: new Uint8Array() };
  }
}

/** Others are stored nevertheless; one that was deleted meanwhile is no failure. */
function unreadable(
  { state, gateway, waiting, failed }: ReadingParts,
  databaseId: string,
  sinceMs: number,
  reason = 'no answer',
): void {
  if (gateway.exists(databaseId)) {
    const message = `database ${databaseId} cannot be read: ${reason}`;
    waiting.failed(databaseId, message, sinceMs);
    failed(new Error(message));
  } else {
    waiting.succeeded(databaseId);
    state.forget(databaseId);
  }
}
