/**
 * One exchange between gateway and host: an HTTP request, a WebSocket, or a command. Either side may send DATA or
 * MESSAGEs as long as it has credit, may END its direction once, and may ABORT the whole.
 *
 * @module
 */
import type { Bytes } from './frames.ts';
import { FLAG_BINARY, FLAG_END, FRAME_ABORT, FRAME_CREDIT, FRAME_DATA, FRAME_MESSAGE, FRAME_NOTE } from './frames.ts';
import type { AuthenticateNote, CommandReply, HttpReply, RightsNote } from './messages.ts';

/** Bytes that may be on their way, unconsumed, in one direction of one channel. */
export const CHANNEL_WINDOW_BYTES = 1 << 20;
/** Credit is given back in portions. What is owed is less, so a peer whose frames were all taken always has credit. */
const CREDIT_BYTES = CHANNEL_WINDOW_BYTES / 4;

/** The reason that `onAbort` gets when the other process is gone, rather than having given up this one exchange. */
export const PEER_GONE = 'the peer is gone';

/** Either side closes a WebSocket with a code and a reason (RFC 6455 section 7.4); END follows. */
export interface CloseNote {
  readonly type: 'close';
  readonly code: number;
  readonly reason: string;
}

export type Note = AuthenticateNote | RightsNote | CloseNote;

/** What a consumer returns while it has not yet taken what it was given; credit is given back afterwards. */
type Consumed = void | Promise<void>;

/** The part of the mux that a channel uses. */
export interface ChannelTransport {
  send(type: number, flags: number, channel: number, payload: Bytes): void;
  sendReply(flags: number, channel: number, head: string, body: Bytes): void;
  forget(channel: number): void;
}

/**
 * What becomes of what the peer sends; whatever has no handler is dropped. An object with methods does for the requests
 * that come by the thousand: of closures made anew for each, more outlive their request (see recent-table.ts).
 */
export interface ChannelHandlers {
  onReply?: ((head: HttpReply | CommandReply, body: Buffer, ended: boolean) => void) | undefined;
  onData?: ((bytes: Buffer) => Consumed) | undefined;
  onMessage?: ((message: Buffer, isBinary: boolean) => Consumed) | undefined;
  onNote?: ((note: Note) => void) | undefined;
  /** The peer has sent all it will. */
  onEnd?: (() => void) | undefined;
  /** The exchange is over, not in the ordinary way: the peer aborted it or is gone. Called at most once. */
  onAbort?: ((reason: string) => void) | undefined;
}

export class Channel {
  readonly id: number;
  /** Replace them, or set one by one, before the peer may send. */
  handlers: ChannelHandlers = {};

  readonly #transport: ChannelTransport;
  #creditBytes = CHANNEL_WINDOW_BYTES;
  /** Consumed here, and not yet told to the peer. */
  #owedBytes = 0;
  #creditWaiters: (() => void)[] = [];
  #sentEnd = false;
  #receivedEnd = false;
  #closed = false;

  constructor(id: number, transport: ChannelTransport) {
    this.id = id;
    this.#transport = transport;
  }

  /** The exchange is over: everything sent from now on is dropped. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The peer takes more: what is sent now does not have to be waited for. */
  get hasCredit(): boolean {
    return this.#closed || this.#creditBytes > 0;
  }

  reply(head: HttpReply | CommandReply, body: Bytes = '', end = true): void {
    if (this.#closed) {
      return;
    }
    this.#transport.sendReply(end ? FLAG_END : 0, this.id, JSON.stringify(head), body);
    if (end) {
      this.endedHere();
    }
  }

  /** Sends a piece of a body. Resolves when the peer wants more, or at once when the channel is closed. */
  write(bytes: Bytes): Promise<void> {
    return this.#sendCounted(FRAME_DATA, 0, bytes);
  }

  /** Sends one WebSocket message: by default a string as text, bytes as binary. Resolves as `write` does. */
  sendMessage(message: Bytes, isBinary = typeof message !== 'string'): Promise<void> {
    return this.#sendCounted(FRAME_MESSAGE, isBinary ? FLAG_BINARY : 0, message);
  }

  sendNote(note: Note): void {
    if (!this.#closed) {
      this.#transport.send(FRAME_NOTE, 0, this.id, JSON.stringify(note));
    }
  }

  end(): void {
    if (!this.#closed && !this.#sentEnd) {
      this.#transport.send(FRAME_DATA, FLAG_END, this.id, '');
      this.endedHere();
    }
  }

  abort(reason: string): void {
    if (!this.#closed) {
      this.#transport.send(FRAME_ABORT, 0, this.id, reason);
      this.#close();
    }
  }

  /** For the mux: this side's last frame is on its way. */
  endedHere(): void {
    this.#sentEnd = true;
    if (this.#receivedEnd) {
      this.#close();
    }
  }

  /** For the mux: the peer's last frame has come. */
  endedThere(): void {
    if (this.#receivedEnd) {
      return;
    }
    this.#receivedEnd = true;
    this.handlers.onEnd?.();
    if (this.#sentEnd) {
      this.#close();
    }
  }

  /** For the mux: the peer aborted, or the socket is gone. */
  aborted(reason: string): void {
    if (!this.#closed) {
      this.#close();
      this.handlers.onAbort?.(reason);
    }
  }

  /** For the mux: the peer consumed so many bytes. */
  credited(bytes: number): void {
    this.#creditBytes += bytes;
    if (this.#creditBytes > 0) {
      this.#releaseWaiters();
    }
  }

  /** For the mux: hands a counted frame to its consumer and returns the credit once it is taken. */
  deliver(payload: Buffer, consumed: Consumed): void {
    if (consumed === undefined) {
      this.#giveCredit(payload.length);
    } else {
      consumed.then(
        () => this.#giveCredit(payload.length),
        (error: unknown) => this.abort(error instanceof Error ? error.message : 'the receiver failed'),
      );
    }
  }

  /** Not for each frame: small messages would cost as many frames again. */
  #giveCredit(bytes: number): void {
    this.#owedBytes += bytes;
    if (!this.#closed && this.#owedBytes >= CREDIT_BYTES) {
      const payload = Buffer.allocUnsafe(4);
      payload.writeUInt32BE(this.#owedBytes);
      this.#owedBytes = 0;
      this.#transport.send(FRAME_CREDIT, 0, this.id, payload);
    }
  }

  async #sendCounted(type: number, flags: number, bytes: Bytes): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#creditBytes -= typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
    this.#transport.send(type, flags, this.id, bytes);
    if (this.#creditBytes <= 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#creditWaiters.push(resolve);
      await promise;
    }
  }

  #close(): void {
    this.#closed = true;
    this.#transport.forget(this.id);
    this.#releaseWaiters();
  }

  #releaseWaiters(): void {
    const waiters = this.#creditWaiters;
    this.#creditWaiters = [];
    for (const resolve of waiters) {
      resolve();
    }
  }
}
