/**
 * `POST /v3/cursor`, `/v3-protobuf/cursor`: the rows of a batch as they are found, as fast as the client takes them.
 *
 * The entry `replication_index` that sqld sends last is left out: hrana-client 0.9 throws on it, and no client in use
 * needs it.
 *
 * @module
 */
import { batchEntries } from '../batch.ts';
import type { HttpCodec } from './codecs.ts';
import type { HostRequest } from './request.ts';

/** Entries are sent in pieces of at least this size, or when there are no more. */
const PIECE_BYTES = 32 * 1024;

export async function cursor(request: HostRequest, codec: HttpCodec): Promise<undefined> {
  const { channel, caller } = request;
  const { baton, batch } = codec.decodeCursor(request.body);
  const taken = request.services.streams.take(baton, request.head.instance);
  const { stream } = taken;
  request.onAbort(() => taken.close());
  try {
    await stream.use(async () => {
      const pieces = new Pieces((bytes) => channel.write(bytes));
      // The stream is busy until its entries are sent: the baton that the first line names can be used afterwards.
      const head = codec.encodeCursorHead({ baton: taken.giveBack(), baseUrl: null });
      channel.reply({ status: 200, headers: { 'content-type': codec.cursorType } }, head, false);
      request.hasReplied = true;
      for await (const entries of batchEntries(stream, batch, caller)) {
        for (const entry of entries) {
          pieces.add(codec.encodeCursorEntry(entry));
        }
        await pieces.flushWhenLarge();
        if (request.isAborted) {
          return;
        }
      }
      await pieces.flush();
    });
    channel.end();
    return undefined;
  } catch (error) {
    taken.close();
    throw error;
  }
}

/** Joins small encoded entries, of one kind or the other, into pieces worth a write. */
class Pieces {
  readonly #write: (bytes: string | Uint8Array) => Promise<void>;
  #parts: (string | Uint8Array)[] = [];
  #sizeBytes = 0;

  constructor(write: (bytes: string | Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  add(part: string | Uint8Array): void {
    this.#parts.push(part);
    this.#sizeBytes += part.length;
  }

  async flushWhenLarge(): Promise<void> {
    if (this.#sizeBytes >= PIECE_BYTES) {
      await this.flush();
    }
  }

  async flush(): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    this.#sizeBytes = 0;
    if (parts.length > 0) {
      await this.#write(
        parts.every((part) => typeof part === 'string')
          ? parts.join('')
          : Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))),
      );
    }
  }
}
