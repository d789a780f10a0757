/**
 * Copies of a database as clients keep them, one for each protocol, for tests that compare their pages with the primary's.
 * What each asks and when it starts over is what the official client does; the sources are named in the server's files.
 *
 * @module
 */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';

import type { HeadParts, TestAnswer, TestHost } from '../../host/testing/test-host.ts';
import type { InstanceRef } from '../../relay/messages.ts';
import { PageDataSchema, PullUpdatesRequestSchema, PullUpdatesResponseSchema } from '../gen/sync/pull_updates_pb.ts';
import { FrameSchema, FramesSchema, HelloResponseSchema, LogOffsetSchema } from '../gen/sync/wal_log_pb.ts';

const PAGE_BYTES = 4096;
const FRAME_BYTES = 24 + PAGE_BYTES;
/** What the client of version 2 asks for at once. */
const PULL_FRAMES = 128;

export abstract class Follower {
  readonly #instance: InstanceRef;
  protected pages: Buffer[] = [];
  /** How often it began anew. */
  restarts = 0;

  constructor(instance: InstanceRef) {
    this.#instance = instance;
  }

  /** Gets everything that is committed. Rejects when the host goes away amid it; the next one goes on. */
  abstract sync(host: TestHost): Promise<void>;

  get image(): Buffer {
    return Buffer.concat(this.pages);
  }

  protected async get(host: TestHost, path: string): Promise<TestAnswer> {
    return await host.request(path, '', { instance: this.#instance, method: 'GET' });
  }

  protected async post(host: TestHost, path: string, body: Uint8Array, parts: HeadParts = {}): Promise<TestAnswer> {
    return await host.request(path, body, { instance: this.#instance, ...parts });
  }
}

/** `/info`, `/export`, `/sync`. */
export class Version2 extends Follower {
  #generation = 0;
  #frames = 0;
  /** Frames of a transaction whose commit has not come yet: a client does not read them. */
  #pending: Buffer[] = [];

  override async sync(host: TestHost): Promise<void> {
    if (this.#generation === 0) {
      await this.#start(host);
    }
    for (;;) {
      const from = this.#frames + this.#pending.length + 1;
      const { status, body } = await this.get(host, `/sync/${this.#generation}/${from}/${from + PULL_FRAMES}`);
      if (status === 200) {
        this.#take(body);
        continue;
      }
      const { generation } = JSON.parse(body.toString()) as { generation?: number };
      if (generation === undefined) {
        this.restarts += 1;
        await this.#start(host);
      } else if (generation > this.#generation) {
        this.#generation += 1;
        this.#frames = 0;
      } else {
        return;
      }
    }
  }

  async #start(host: TestHost): Promise<void> {
    for (;;) {
      const info = JSON.parse((await this.get(host, '/info')).body.toString()) as { current_generation: number };
      const { status, body } = await this.get(host, `/export/${info.current_generation}`);
      if (status === 200) {
        this.#generation = info.current_generation;
        this.#frames = 0;
        this.#pending = [];
        this.pages = pagesOf(body);
        return;
      }
    }
  }

  #take(body: Buffer): void {
    for (let at = 0; at < body.length; at += FRAME_BYTES) {
      const frame = body.subarray(at, at + FRAME_BYTES);
      this.#pending.push(frame);
      const sizeAfter = frame.readUInt32BE(4);
      if (sizeAfter > 0) {
        for (const each of this.#pending) {
          this.pages[each.readUInt32BE(0) - 1] = each.subarray(24);
        }
        this.#frames += this.#pending.length;
        this.#pending = [];
        this.pages.length = sizeAfter;
      }
    }
  }
}

/** `wal_log.ReplicationLog`. */
export class Version1 extends Follower {
  #logId = '';
  #next = 0n;
  #pending: Buffer[] = [];

  override async sync(host: TestHost): Promise<void> {
    const hello = await this.#call(host, 'Hello', Buffer.from([8, 1]));
    const { logId, sessionToken, currentReplicationIndex } = fromBinary(
      HelloResponseSchema,
      hello.messages[0] ?? EMPTY,
    );
    if (logId !== this.#logId) {
      this.restarts += this.#logId === '' ? 0 : 1;
      this.#logId = logId;
      this.#next = 0n;
      this.pages = [];
    }
    this.#pending = [];
    const headers = { 'x-session-token': Buffer.from(sessionToken).toString() };
    const newest = currentReplicationIndex ?? -1n;
    while (this.#next <= newest) {
      const offset = toBinary(
        LogOffsetSchema,
        create(LogOffsetSchema, { nextOffset: this.#next + BigInt(this.#pending.length) }),
      );
      const batch = await this.#call(host, 'BatchLogEntries', offset, headers);
      if (batch.error === 'NEED_SNAPSHOT') {
        const snapshot = await this.#call(host, 'Snapshot', offset, headers);
        this.#takeSnapshot(snapshot.messages.map((message) => Buffer.from(fromBinary(FrameSchema, message).data)));
      } else if (batch.error === undefined) {
        const { frames } = fromBinary(FramesSchema, batch.messages[0] ?? EMPTY);
        frames.forEach(({ data }) => this.#take(Buffer.from(data)));
      } else {
        throw new Error(batch.error);
      }
    }
  }

  #takeSnapshot(frames: Buffer[]): void {
    const size = frames.at(-1)?.readUInt32LE(20) ?? 0;
    for (const frame of frames) {
      this.pages[frame.readUInt32LE(16) - 1] = frame.subarray(24);
    }
    this.pages.length = size;
    this.#next = (frames[0]?.readBigUInt64LE(0) ?? 0n) + 1n;
  }

  #take(frame: Buffer): void {
    this.#pending.push(frame);
    const sizeAfter = frame.readUInt32LE(20);
    if (sizeAfter > 0) {
      for (const each of this.#pending) {
        this.pages[each.readUInt32LE(16) - 1] = each.subarray(24);
      }
      this.pages.length = sizeAfter;
      this.#next = frame.readBigUInt64LE(0) + 1n;
      this.#pending = [];
    }
  }

  async #call(
    host: TestHost,
    method: string,
    message: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<{ readonly messages: Buffer[]; readonly error: string | undefined }> {
    const prefix = Buffer.alloc(5);
    prefix.writeUInt32BE(message.length, 1);
    const { body } = await this.post(host, `/wal_log.ReplicationLog/${method}`, Buffer.concat([prefix, message]), {
      headers: { 'content-type': 'application/grpc-web', ...headers },
    });
    const messages: Buffer[] = [];
    let trailer = '';
    for (let at = 0; at < body.length;) {
      const end = at + 5 + body.readUInt32BE(at + 1);
      if (body[at] === 0x80) {
        trailer = body.toString('utf8', at + 5, end);
      } else {
        messages.push(body.subarray(at + 5, end));
      }
      at = end;
    }
    const error = /grpc-message: ?(.*)/.exec(trailer)?.[1]?.trim();
    return { messages, error: /grpc-status: ?0/.test(trailer) ? undefined : (error ?? 'the answer is cut off') };
  }
}

/** `/pull-updates`. */
export class TursoSync extends Follower {
  revision = '';

  override async sync(host: TestHost): Promise<void> {
    await this.pull(host);
  }

  /** Every page as it was at a revision, which this copy then has. */
  async load(host: TestHost, revision: string): Promise<void> {
    this.revision = '';
    this.pages = [];
    await this.pull(host, revision);
  }

  /** @returns pages that came, counted from 1 */
  async pull(host: TestHost, serverRevision = ''): Promise<number[]> {
    const asked = create(PullUpdatesRequestSchema, { clientRevision: this.revision, serverRevision });
    const { status, body } = await this.post(host, '/pull-updates', toBinary(PullUpdatesRequestSchema, asked));
    if (status !== 200) {
      throw new Error(body.toString());
    }
    const reader = new BinaryReader(body);
    const head = next(reader, PullUpdatesResponseSchema);
    const taken: number[] = [];
    while (reader.pos < reader.len) {
      const { pageId, encodedPage } = next(reader, PageDataSchema);
      this.pages[Number(pageId)] = Buffer.from(encodedPage);
      taken.push(Number(pageId) + 1);
    }
    this.pages.length = Number(head.dbSize);
    this.revision = head.serverRevision;
    return taken;
  }
}

const EMPTY = new Uint8Array();

function next<Schema extends DescMessage>(reader: BinaryReader, schema: Schema): MessageShape<Schema> {
  return fromBinary(schema, reader.bytes());
}

function pagesOf(image: Buffer): Buffer[] {
  return Array.from({ length: image.length / PAGE_BYTES }, (_, index) =>
    image.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES),
  );
}
