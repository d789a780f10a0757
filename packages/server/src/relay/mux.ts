/**
 * Many channels over one socket pair between the gateway and a host.
 *
 * Frames of one turn of the event loop leave in one write, and the peer reads them in one: that is what makes two
 * processes cheaper than their messages. Frames of one direction arrive in the order they were sent, across channels:
 * a host therefore starts requests in the order of their channel ids, which the gateway relies on when a host dies.
 *
 * @module
 */
import type { Duplex } from 'node:stream';

import { Channel, PEER_GONE } from './channel.ts';
import type { ChannelTransport } from './channel.ts';
import type { Bytes, Frame } from './frames.ts';
import {
  encodeFrame,
  encodeHeadFrame,
  FLAG_BINARY,
  FLAG_END,
  FrameReader,
  FRAME_ABORT,
  FRAME_CREDIT,
  FRAME_DATA,
  FRAME_EVENT,
  FRAME_MESSAGE,
  FRAME_NOTE,
  FRAME_OPEN,
  FRAME_PING,
  FRAME_PONG,
  FRAME_REPLY,
  splitHead,
} from './frames.ts';
import { HeadReader, HeadWriter } from './head-texts.ts';
import type { ChannelHead, CommandReply, HostEvent, HttpReply } from './messages.ts';
import { RecentTable } from './recent-table.ts';

/** Below this size, joining frames costs less than handing each to the kernel. */
const JOIN_BELOW_BYTES = 32 * 1024;
/** Writes that may be on their way to a peer from which nothing has come since: what it does, and what it does next. */
const UNHEARD_WRITES_MAX = 2;
/** What is held back for the peer to catch up leaves after this time, or when it is so much. */
const HOLD_MS = 1;
const HOLD_BELOW_BYTES = 64 * 1024;

export interface MuxHandlers {
  /** The peer answers what it gets, and soon: what is sent while it is at work may wait for a moment to leave together. */
  readonly mayHold?: boolean;
  /** The peer opened a channel. `ended`: its body is complete. Set the channel's handlers before returning. */
  open?(channel: Channel, head: ChannelHead, body: Buffer, ended: boolean): void;
  event?(event: HostEvent): void;
  /** Something came: the peer's event loop turns. */
  heard?(): void;
  /** The peer has sent all it will: what is sent before this returns still reaches it, then the socket closes. */
  ending?(): void;
  /** The socket is gone; every channel has been told. */
  closed(): void;
}

export class Mux implements ChannelTransport {
  readonly #socket: Duplex;
  readonly #handlers: MuxHandlers;
  readonly #reader = new FrameReader();
  readonly #headReader = new HeadReader();
  readonly #headWriter = new HeadWriter();
  readonly #channels = new RecentTable<Channel>();
  #nextChannelId = 1;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #unheardWrites = 0;
  #isHolding = false;
  #holdTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(socket: Duplex, handlers: MuxHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', () => this.#close());
    socket.on('close', () => this.#close());
    socket.on('end', () => this.#peerEnded());
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  /** The highest id that this side has given to a channel; 0 before the first. */
  get lastChannelId(): number {
    return this.#nextChannelId - 1;
  }

  /** Opens a channel. With `end`, `body` is the whole body; else the rest follows by `channel.write` and `end`. */
  open(head: ChannelHead, body: Bytes = '', end = true): Channel {
    const channel = new Channel(this.#nextChannelId, this);
    this.#nextChannelId += 1;
    if (this.#closed) {
      queueMicrotask(() => channel.aborted(PEER_GONE));
      return channel;
    }
    this.#channels.add(channel.id, channel);
    this.#enqueue(encodeHeadFrame(FRAME_OPEN, end ? FLAG_END : 0, channel.id, this.#headWriter.text(head), body));
    if (end) {
      channel.endedHere();
    }
    return channel;
  }

  /** Leaves at once, with what is queued: silence is measured from now on. */
  ping(): void {
    this.send(FRAME_PING, 0, 0, '');
    this.flush();
  }

  sendEvent(event: HostEvent): void {
    this.send(FRAME_EVENT, 0, 0, JSON.stringify(event));
  }

  send(type: number, flags: number, channel: number, payload: Bytes): void {
    this.#enqueue(encodeFrame(type, flags, channel, payload));
  }

  sendReply(flags: number, channel: number, head: string, body: Bytes): void {
    this.#enqueue(encodeHeadFrame(FRAME_REPLY, flags, channel, head, body));
  }

  forget(channel: number): void {
    this.#channels.delete(channel);
  }

  /** Sends what is queued and closes the socket. */
  end(): void {
    this.flush();
    this.#socket.end();
  }

  #enqueue(frame: Buffer): void {
    if (this.#closed) {
      return;
    }
    if (this.#queue.length === 0) {
      setImmediate(this.#turned);
    }
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
  }

  /**
   * The turn of the event loop is over. A peer that asks for it has time until it has answered: a write for each request
   * would cost both sides more than the request, so what comes while the peer is at work leaves with one write.
   */
  readonly #turned = (): void => {
    if (
      this.#handlers.mayHold === true &&
      this.#unheardWrites >= UNHEARD_WRITES_MAX &&
      this.#queuedBytes < HOLD_BELOW_BYTES &&
      this.#queue.length > 0
    ) {
      this.#isHolding = true;
      this.#holdTimer ??= setTimeout(() => {
        this.#holdTimer = undefined;
        this.flush();
      }, HOLD_MS);
    } else {
      this.flush();
    }
  };

  /**
   * Sends what is queued now. A host does so before it begins what may block: an answer that still waits here then waits
   * with it, and when the gateway ends the process, it is lost although what it answers has happened.
   */
  flush(): void {
    const queue = this.#queue;
    const bytes = this.#queuedBytes;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#isHolding = false;
    const [first] = queue;
    if (first === undefined || this.#closed) {
      return;
    }
    this.#unheardWrites += 1;
    if (queue.length === 1) {
      this.#socket.write(first);
    } else if (bytes < JOIN_BELOW_BYTES) {
      this.#socket.write(Buffer.concat(queue, bytes));
    } else {
      this.#socket.cork();
      for (const frame of queue) {
        this.#socket.write(frame);
      }
      this.#socket.uncork();
    }
  }

  #received(chunk: Buffer): void {
    this.#unheardWrites = 0;
    if (this.#isHolding) {
      this.#isHolding = false;
      // With what the frames that have come bring about.
      setImmediate(this.#turned);
    }
    this.#reader.push(chunk, this.#handle);
    this.#handlers.heard?.();
  }

  readonly #handle = (frame: Frame): void => {
    if (frame.channel === 0) {
      if (frame.type === FRAME_PING) {
        // At once: the next frame may begin work that blocks this process before the turn ends.
        this.send(FRAME_PONG, 0, 0, '');
        this.flush();
      } else if (frame.type === FRAME_EVENT) {
        this.#handlers.event?.(JSON.parse(frame.payload.toString()) as HostEvent);
      }
      return;
    }
    const ended = (frame.flags & FLAG_END) !== 0;
    if (frame.type === FRAME_OPEN) {
      this.#opened(frame, ended);
      return;
    }
    // A frame for a channel that this side has aborted is simply late.
    const channel = this.#channels.get(frame.channel);
    if (channel !== undefined) {
      this.#handleOnChannel(channel, frame, ended);
    }
  };

  #opened(frame: Frame, ended: boolean): void {
    const channel = new Channel(frame.channel, this);
    this.#channels.add(channel.id, channel);
    const { head, body } = splitHead(frame.payload);
    this.#handlers.open?.(channel, this.#headReader.read(head) as ChannelHead, body, ended);
    if (ended) {
      channel.endedThere();
    }
  }

  #handleOnChannel(channel: Channel, frame: Frame, ended: boolean): void {
    const { payload } = frame;
    switch (frame.type) {
      case FRAME_REPLY: {
        const { head, body } = splitHead(payload);
        channel.handlers.onReply?.(this.#headReader.read(head) as HttpReply | CommandReply, body, ended);
        break;
      }
      case FRAME_DATA:
        if (payload.length > 0) {
          channel.deliver(payload, channel.handlers.onData?.(payload));
        }
        break;
      case FRAME_MESSAGE:
        channel.deliver(payload, channel.handlers.onMessage?.(payload, (frame.flags & FLAG_BINARY) !== 0));
        break;
      case FRAME_NOTE:
        channel.handlers.onNote?.(JSON.parse(payload.toString()));
        break;
      case FRAME_CREDIT:
        channel.credited(payload.readUInt32BE(0));
        break;
      case FRAME_ABORT:
        channel.aborted(payload.toString());
        break;
      default:
        throw new Error(`unknown relay frame type ${frame.type}`);
    }
    if (ended) {
      channel.endedThere();
    }
  }

  #peerEnded(): void {
    if (this.#closed || this.#handlers.ending === undefined) {
      this.#close();
      return;
    }
    this.#handlers.ending();
    // Its 'close' follows when everything is written.
    this.end();
  }

  #close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    clearTimeout(this.#holdTimer);
    this.#queue = [];
    for (const channel of this.#channels.values()) {
      channel.aborted(PEER_GONE);
    }
    this.#socket.destroy();
    this.#handlers.closed();
  }
}
