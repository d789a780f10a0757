/**
 * Whole databases on their way to the store, beside everything else: a large one does not keep the commits of others waiting.
 * One that fails is tried again, for as long as it takes.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import type { Command } from '../relay/messages.ts';
import { uploadImage } from './images.ts';
import type { DatabaseState } from './local-state.ts';
import type { HostAnswer } from './messages.ts';
import type { ObjectStore } from './object-store.ts';

export interface ImageUploadParts {
  readonly store: ObjectStore;
  readonly command: (databaseId: string, command: Command) => Promise<HostAnswer>;
  readonly nextNumber: () => number;
  readonly checkOwner: () => Promise<void>;
  readonly exists: (databaseId: string) => boolean;
  /** It is whole in the store. */
  readonly stored: (state: DatabaseState) => void;
  readonly failed: (error: unknown) => void;
  /** There is no such database any more. */
  readonly dropped: (databaseId: string) => void;
}

const AT_ONCE = 4;
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;

export class ImageUploads {
  readonly #parts: ImageUploadParts;
  /** Each with the time since when it waits. */
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, { readonly sinceMs: number; readonly done: Promise<void> }>();
  readonly #stopping = new AbortController();

  constructor(parts: ImageUploadParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#waiting.size + this.#running.size;
  }

  get oldestMs(): number | undefined {
    const all = [...this.#waiting.values(), ...[...this.#running.values()].map(({ sinceMs }) => sinceMs)];
    return all.length === 0 ? undefined : all.reduce((oldest, ms) => Math.min(oldest, ms));
  }

  isUnderWay(databaseId: string): boolean {
    return this.#waiting.has(databaseId) || this.#running.has(databaseId);
  }

  begin(databaseId: string, sinceMs: number): void {
    if (!this.isUnderWay(databaseId) && !this.#stopping.signal.aborted) {
      this.#waiting.set(databaseId, sinceMs);
      this.#next();
    }
  }

  /** Begins no other; resolves when those under way have succeeded or failed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waiting.clear();
    await Promise.all([...this.#running.values()].map(async ({ done }) => await done));
  }

  #next(): void {
    for (const [databaseId, sinceMs] of this.#waiting) {
      if (this.#running.size >= AT_ONCE) {
        return;
      }
      this.#waiting.delete(databaseId);
      const done = this.#persistently(databaseId, sinceMs).finally(() => {
        this.#running.delete(databaseId);
        this.#next();
      });
      this.#running.set(databaseId, { sinceMs, done });
    }
  }

  async #persistently(databaseId: string, sinceMs: number): Promise<void> {
    const { signal } = this.#stopping;
    for (let waitMs = RETRY_FIRST_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, RETRY_MAX_MS)) {
      try {
        await this.#upload(databaseId);
        return;
      } catch (error) {
        this.#parts.failed(error);
      }
      await pause(waitMs, undefined, { signal }).catch(() => undefined);
      if (this.#waiting.size > 0 && !signal.aborted) {
        // One that cannot be read must not keep the place of others for ever.
        this.#waiting.set(databaseId, sinceMs);
        return;
      }
    }
  }

  async #upload(databaseId: string): Promise<void> {
    const { store, command, nextNumber, checkOwner, exists, stored, dropped } = this.#parts;
    await checkOwner();
    // Before the image is taken: what packs with lower numbers have is in it.
    const number = nextNumber();
    const { reply } = await command(databaseId, { type: 'write_image', databaseId });
    if (reply.image === undefined) {
      if (exists(databaseId)) {
        throw new Error(`database ${databaseId} cannot be read: ${reply.error?.message ?? 'no answer'}`);
      }
      dropped(databaseId);
      return;
    }
    const { logId, frame, unixMs, path: file, pageSizeBytes, pageCount } = reply.image;
    try {
      const about = { databaseId, number, logId, frame, unixMs, pageSizeBytes, pageCount };
      const imageBytes = await uploadImage(store, file, about, checkOwner);
      await checkOwner();
      stored({
        databaseId,
        logId,
        storedTo: frame,
        imageFrame: frame,
        imageMs: unixMs,
        imageBytes,
        bytesSince: 0,
        storedMs: unixMs,
      });
    } finally {
      rmSync(path.resolve(file), { force: true });
    }
  }
}
