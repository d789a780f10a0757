/**
 * `POST /v3/cursor`, `/v3-protobuf/cursor`: the rows of a batch as they are found, as fast as the client takes them.
 *
 * @module
 */
import { batchEntries } from '../batch.ts';
import type { HttpCodec } from './codecs.ts';
import type { HostRequest } from './request.ts';

/** Entries are sent in pieces of at least this size, or when there are no more. */
const PIECE_BYTES = 32 * 1024;
/** Or, of rows that come slowly, when the last piece was sent so long ago. */
const PIECE_MS = 100;

export async function cursor(request: HostRequest, codec: HttpCodec): Promise<undefined> {
  const { channel, caller } = request;
  const { baton, batch } = codec.decodeCursor(request.body);
  const taken = request.services.streams.take(baton, request.head.instance);
  const { stream } = taken;
  request.onAbort(() => taken.close());
  const head = { status: 200, headers: { 'content-type': codec.cursorType } };
  const pieces = new Pieces();
  let sentMs = performance.now();
  let hasEndedStep = false;
  const send = async (): Promise<void> => {
    const bytes = pieces.take();
    sentMs = performance.now();
    hasEndedStep = false;
    if (request.hasReplied) {
      await channel.write(bytes);
    } else {
      request.hasReplied = true;
      channel.reply(head, bytes, false);
    }
  };
  // What a step has done for good is told before the next one may end this process.
  const beforeWork = (isQuick = false): void => {
    if (!isQuick && hasEndedStep && stream.isAutocommit) {
      void send();
    }
    caller.beforeWork(isQuick);
  };
  const telling = { ...caller, beforeWork, scope: { ...caller.scope, blocks: beforeWork } };
  try {
    await stream.use(async () => {
      // The stream is busy until its entries are sent: the baton that the first line names can be used afterwards.
      pieces.add(codec.encodeCursorHead({ baton: taken.giveBack(), baseUrl: null }));
      for await (const entries of batchEntries(stream, batch, telling)) {
        for (const entry of entries) {
          pieces.add(codec.encodeCursorEntry(entry));
          hasEndedStep ||= entry.type === 'step_end';
        }
        // Nothing is sent before there is something to send: what goes wrong until then has an answer of its own.
        if (pieces.sizeBytes >= PIECE_BYTES || performance.now() - sentMs >= PIECE_MS) {
          await send();
        }
        if (request.isAborted) {
          return;
        }
      }
      if (codec.endsWithIndex) {
        pieces.add(codec.encodeCursorEntry({ type: 'replication_index', replicationIndex: null }));
      }
    });
    if (request.hasReplied) {
      await channel.write(pieces.take());
      channel.end();
    } else {
      channel.reply(head, pieces.take());
    }
    return undefined;
  } catch (error) {
    taken.close();
    throw error;
  }
}

/** Joins small encoded entries, of one kind or the other, into pieces worth a write. */
class Pieces {
  #parts: (string | Uint8Array)[] = [];
  #sizeBytes = 0;

  /** About: text counts by its characters. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  add(part: string | Uint8Array): void {
    this.#parts.push(part);
    this.#sizeBytes += part.length;
  }

  take(): string | Uint8Array {
    const parts = this.#parts;
    this.#parts = [];
    this.#sizeBytes = 0;
    return parts.every((part) => typeof part === 'string')
      ? parts.join('')
      : Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  }
}
