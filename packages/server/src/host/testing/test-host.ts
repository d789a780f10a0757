/**
 * A real host process for tests, started as the gateway starts it, and the gateway's side of its channels.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import { pino } from 'pino';

import { databaseFolder } from '../../files/layout.ts';
import { HostProcess } from '../../placement/host-process.ts';
import type { HostEnd } from '../../placement/host-process.ts';
import { placeUpload } from '../../placement/upload-process.ts';
import type { Channel } from '../../relay/channel.ts';
import type { Bytes } from '../../relay/frames.ts';
import type {
  Command,
  CommandReply,
  DatabaseSettings,
  HostEvent,
  HttpHead,
  HttpReply,
  InstanceRef,
  SocketHead,
} from '../../relay/messages.ts';
import type { Rights } from '../../relay/rights.ts';
import type { HostOptions } from '../host-options.ts';
import { TestSocket } from './test-socket.ts';

export const FULL: Rights = { level: 'full', grants: [], attach: [], expiresAtMs: null };

export const SETTINGS: DatabaseSettings = {
  blockReads: false,
  blockWrites: false,
  sizeLimitBytes: null,
  allowAttach: false,
  offSite: false,
  awaitingUpload: false,
  syncProtocol: 'v2',
};

export interface TestAnswer {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly declined: boolean;
  readonly uploaded: string | undefined;
}

export interface PipelineAnswer {
  readonly status: number;
  readonly baton: string | null;
  /** What each request gave: its response, or its error. */
  readonly results: readonly Result[];
  /** Of an answer that is not 200. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

export interface Result {
  readonly type: 'ok' | 'error';
  readonly response?: {
    readonly result?: ExecuteResult & BatchResult;
    readonly is_autocommit?: boolean;
  };
  readonly error?: { readonly message: string; readonly code: string };
}

export interface ExecuteResult {
  readonly cols: readonly { readonly name: string; readonly decltype: string | null }[];
  readonly rows: readonly (readonly { readonly type: string; readonly value?: string }[])[];
  readonly affected_row_count: number;
  readonly last_insert_rowid: string | null;
}

interface BatchResult {
  readonly step_results: readonly (ExecuteResult | null)[];
  readonly step_errors: readonly ({ readonly code: string } | null)[];
}

export type HeadParts = Partial<Omit<HttpHead, 'kind' | 'path'>>;

const DEFAULTS = {
  batonKey: '',
  streamIdleMs: 10_000,
  transactionMs: 5_000,
  statementMs: 30_000,
  maxResponseBytes: 10_000_000,
  maxRowBytes: 10_000_000,
  maxStreamsPerDatabase: 100,
  maxOpenDatabases: 50,
  maxUploadBytes: 100_000_000,
  latencyMs: {},
  synchronous: 'normal',
  tellsCommits: false,
  logRetention: { maxBytes: 1e9, maxAgeMs: 30 * 864e5 },
} as const;

export class TestHost implements AsyncDisposable {
  readonly dataDir: string;
  readonly events: HostEvent[] = [];
  readonly ended: Promise<HostEnd>;
  readonly #process: HostProcess;
  readonly #ownsDataDir: boolean;
  readonly #eventWaiters = new Set<() => void>();

  constructor(options: Partial<HostOptions> = {}) {
    this.#ownsDataDir = options.dataDir === undefined;
    this.dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'skerry-host-'));
    mkdirSync(path.join(this.dataDir, 'databases'), { recursive: true });
    const hostId = options.hostId ?? 1;
    this.#process = new HostProcess(
      0,
      {
        ...DEFAULTS,
        batonKey: randomBytes(32).toString('base64'),
        workCellPath: path.join(this.dataDir, `host-${hostId}-${randomUUID()}.cell`),
        ...options,
        hostId,
        dataDir: this.dataDir,
      },
      { hostEvent: (_host, event) => this.#event(event), ended: () => undefined },
      pino({ level: 'silent' }),
    );
    this.ended = this.#process.exited;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  kill(): void {
    this.#process.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    if (this.#ownsDataDir) {
      rmSync(this.dataDir, { recursive: true, force: true });
    }
  }

  /** A new, empty database. */
  async newDatabase(): Promise<InstanceRef> {
    const instance: InstanceRef = { databaseId: randomUUID(), location: 'local', role: 'primary' };
    await this.done({ type: 'create_database', instance });
    return instance;
  }

  folder({ databaseId }: InstanceRef): string {
    return databaseFolder(this.dataDir, databaseId);
  }

  async command(command: Command): Promise<CommandReply> {
    const channel = this.#process.open({ kind: 'command', command });
    return await new Promise((resolve, reject) => {
      channel.handlers.onReply = (reply) => resolve(reply as CommandReply);
      channel.handlers.onAbort = (reason) => reject(new Error(reason));
    });
  }

  /** @throws when the host refuses the command */
  async done(command: Command): Promise<CommandReply> {
    const reply = await this.command(command);
    if (!reply.ok) {
      throw new Error(`${command.type}: ${reply.error?.message ?? ''}`);
    }
    return reply;
  }

  /** Opens an HTTP exchange; with `ended` false the body follows on the channel. */
  open(requestPath: string, body: Bytes, parts: HeadParts & { instance: InstanceRef }, ended = true): Channel {
    return this.#process.open(
      {
        kind: 'http',
        method: 'POST',
        path: requestPath,
        query: '',
        headers: {},
        settings: SETTINGS,
        rights: FULL,
        isMovable: false,
        ...parts,
      },
      body,
      ended,
    );
  }

  async request(requestPath: string, body: unknown, parts: HeadParts & { instance: InstanceRef }): Promise<TestAnswer> {
    const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
    return await answerOf(this.open(requestPath, bytes, parts));
  }

  /** The answer to the last request of an upload, as the gateway gives it. */
  async uploaded(channel: Channel, instance: InstanceRef): Promise<TestAnswer> {
    const answer = await answerOf(channel);
    if (answer.uploaded === undefined) {
      return answer;
    }
    const command = async (each: Command) => await this.done(each);
    const place = { dataDir: this.dataDir, maxRowBytes: DEFAULTS.maxRowBytes, command };
    try {
      await placeUpload(place, instance, answer.uploaded);
      return answer;
    } catch (error) {
      if (!(error instanceof SkerryError)) {
        throw error;
      }
      const { status, code, message } = error;
      return { ...answer, status, body: Buffer.from(JSON.stringify({ code, message })) };
    }
  }

  /** `requests` may name SQL texts for short: they are executed. */
  async pipeline(
    instance: InstanceRef,
    requests: readonly (string | object)[],
    baton: string | null = null,
    parts: HeadParts = {},
  ): Promise<PipelineAnswer> {
    const body = { baton, requests: requests.map((request) => (typeof request === 'string' ? sql(request) : request)) };
    const answer = await this.request('/v2/pipeline', body, { ...parts, instance });
    const parsed = JSON.parse(answer.body.toString()) as Partial<PipelineAnswer>;
    return {
      status: answer.status,
      baton: parsed.baton ?? null,
      results: parsed.results ?? [],
      code: parsed.code,
      message: parsed.message,
    };
  }

  /** The first column of all rows of one statement, on a stream of its own. @throws the statement's error */
  async values(instance: InstanceRef, text: string, parts: HeadParts = {}): Promise<(string | undefined)[]> {
    const { results, message } = await this.pipeline(instance, [text, CLOSE], null, parts);
    return rowsOf(results[0], message).map((row) => row[0]);
  }

  socket(instance: InstanceRef, head: Partial<SocketHead> = {}): TestSocket {
    return new TestSocket(
      this.#process.open(
        {
          kind: 'socket',
          protocol: 'hrana2',
          instance,
          settings: SETTINGS,
          rights: null,
          ...head,
        },
        '',
        false,
      ),
    );
  }

  /** Resolves when the host has told (or has told before) an event for which `isIt` holds. */
  async event(isIt: (event: HostEvent) => boolean): Promise<HostEvent> {
    for (;;) {
      const found = this.events.find(isIt);
      if (found !== undefined) {
        return found;
      }
      await new Promise<void>((resolve) => this.#eventWaiters.add(resolve));
    }
  }

  #event(event: HostEvent): void {
    this.events.push(event);
    for (const resolve of this.#eventWaiters) {
      resolve();
    }
    this.#eventWaiters.clear();
  }
}

export const CLOSE = { type: 'close' };

export function sql(text: string, args: readonly object[] = []): object {
  return { type: 'execute', stmt: { sql: text, args } };
}

export function rowsOf(result: Result | undefined, message = 'no answer'): (string | undefined)[][] {
  const rows = result?.response?.result?.rows;
  if (rows === undefined) {
    throw new Error(result?.error?.message ?? message);
  }
  return rows.map((row) => row.map(({ value }) => value));
}

/** The whole answer. Rejects when the channel is aborted amid it. */
export async function answerOf(channel: Channel): Promise<TestAnswer> {
  return await new Promise((resolve, reject) => {
    let head: HttpReply | undefined;
    const parts: Buffer[] = [];
    const finish = (): void => {
      if (head === undefined) {
        reject(new Error('ended without an answer'));
        return;
      }
      const { status, headers, declined = false, uploaded } = head;
      resolve({ status, type: headers['content-type'], headers, body: Buffer.concat(parts), declined, uploaded });
    };
    channel.handlers.onReply = (reply, body, ended) => {
      head = reply as HttpReply;
      parts.push(body);
      if (ended) {
        finish();
      }
    };
    channel.handlers.onData = (bytes) => void parts.push(bytes);
    channel.handlers.onEnd = () => finish();
    channel.handlers.onAbort = (reason) => reject(new Error(reason));
  });
}
