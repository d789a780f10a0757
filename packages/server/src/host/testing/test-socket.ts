/**
 * The gateway's side of one WebSocket, for tests: judges tokens as it is told, and keeps what the host says.
 *
 * @module
 */
import type { Channel, CloseNote } from '../../relay/channel.ts';
import type { RightsNote } from '../../relay/messages.ts';

export interface ServerMessage {
  readonly type: string;
  readonly request_id?: number;
  readonly response?: {
    readonly type: string;
    readonly result?: { readonly rows: readonly (readonly { readonly value?: string }[])[] };
    readonly entries?: readonly { readonly type: string }[];
    readonly done?: boolean;
  };
  readonly error?: { readonly message: string; readonly code: string };
}

export class TestSocket {
  readonly channel: Channel;
  /** Settles when the host closes the socket. */
  readonly closed: Promise<CloseNote>;
  /** What the gateway answers when a hello brings a token. */
  judge: (jwt: string | null) => RightsNote = () => ({
    type: 'rights',
    rights: { level: 'full', grants: [], attach: [], expiresAtMs: null },
  });
  readonly #messages: ServerMessage[] = [];
  #waiting: (() => void)[] = [];
  #requestId = 0;

  constructor(channel: Channel) {
    this.channel = channel;
    const closed = Promise.withResolvers<CloseNote>();
    this.closed = closed.promise;
    channel.handlers.onMessage = (message) => this.#received(message);
    channel.handlers.onNote = (note) => {
      if (note.type === 'authenticate') {
        channel.sendNote(this.judge(note.jwt));
      } else if (note.type === 'close') {
        closed.resolve(note);
      }
    };
  }

  send(message: object | string): void {
    void this.channel.sendMessage(typeof message === 'string' ? message : JSON.stringify(message));
  }

  hello(jwt: string | null = 'a token'): void {
    this.send({ type: 'hello', jwt });
  }

  /** Sends a request without waiting; its answer is found by the number that this returns. */
  request(request: object): number {
    this.#requestId += 1;
    this.send({ type: 'request', request_id: this.#requestId, request });
    return this.#requestId;
  }

  async ask(request: object): Promise<ServerMessage> {
    return await this.answer(this.request(request));
  }

  async answer(requestId: number): Promise<ServerMessage> {
    return await this.message((message) => message.request_id === requestId);
  }

  /** The first message, come or yet to come, for which `isIt` holds. */
  async message(isIt: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    for (;;) {
      const index = this.#messages.findIndex(isIt);
      const [found] = index === -1 ? [] : this.#messages.splice(index, 1);
      if (found !== undefined) {
        return found;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Greets and opens a stream. */
  async ready(streamId = 0): Promise<this> {
    this.hello();
    await this.ask({ type: 'open_stream', stream_id: streamId });
    return this;
  }

  async execute(text: string, streamId = 0): Promise<ServerMessage> {
    return await this.ask({ type: 'execute', stream_id: streamId, stmt: { sql: text } });
  }

  #received(message: Buffer): void {
    this.#messages.push(JSON.parse(message.toString()) as ServerMessage);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) {
      resolve();
    }
  }
}
