/**
 * A copy of a database as a client of version 2 has it, for tests: exported, written to, and its frames pushed.
 *
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { onTestFinished } from 'vitest';

import type { HeadParts, TestAnswer, TestHost } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';

const FRAME_BYTES = 24 + 4096;

export class LocalCopy {
  readonly generation: number;
  readonly db: DatabaseSync;
  readonly #walPath: string;

  private constructor(generation: number, image: Buffer) {
    this.generation = generation;
    const folder = mkdtempSync(path.join(tmpdir(), 'skerry-copy-'));
    const file = path.join(folder, 'copy.db');
    writeFileSync(file, image);
    this.#walPath = `${file}-wal`;
    this.db = new DatabaseSync(file);
    this.db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
    onTestFinished(() => {
      this.db.close();
      rmSync(folder, { recursive: true });
    });
  }

  /** Of a database that has no frames in its present generation. */
  static async export(host: TestHost, instance: InstanceRef): Promise<LocalCopy> {
    const info = await get(host, instance, '/info');
    const { current_generation: generation } = JSON.parse(info.body.toString()) as { current_generation: number };
    const { body } = await get(host, instance, `/export/${generation}`);
    return new LocalCopy(generation, body);
  }

  /** A database of its own, which was never on a server. */
  static create(): LocalCopy {
    return new LocalCopy(1, Buffer.alloc(0));
  }

  /** Frames `from` (counted from 1) to the last one, as they lie in the WAL. */
  frames(from = 1): Buffer {
    return readFileSync(this.#walPath).subarray(32 + (from - 1) * FRAME_BYTES);
  }
}

export async function get(
  host: TestHost,
  instance: InstanceRef,
  route: string,
  parts: HeadParts = {},
): Promise<TestAnswer> {
  return await host.request(route, '', { instance, method: 'GET', ...parts });
}

/** Pushes frames whose first one has the number `start`. */
export async function push(
  host: TestHost,
  instance: InstanceRef,
  { generation, start, frames, baton, ...parts }: PushedFrames & HeadParts,
): Promise<{
  readonly http: number;
  readonly status?: string;
  readonly max_frame_no?: number;
  readonly baton?: string;
}> {
  const route = `/sync/${generation}/${start}/${start + Math.ceil(frames.length / FRAME_BYTES)}${baton === undefined ? '' : `/${baton}`}`;
  const { status, body } = await host.request(route, frames, { instance, ...parts });
  return { http: status, ...(JSON.parse(body.toString()) as object) };
}

interface PushedFrames {
  readonly generation: number;
  readonly start: number;
  readonly frames: Buffer;
  readonly baton?: string;
}
