/**
 * A whole control plane for tests: a real store, an engine that writes folders, requests through the real routes. The
 * store is a file, or, in the test project `postgres` (see vitest.config.ts), a schema of its own in a PostgreSQL server.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ErrorCode } from '@skerry/contract/errors/catalogue';
import { OPERATIONS } from '@skerry/contract/operations/all';
import { errorsOf } from '@skerry/contract/operations/errors';
import { pathsOf } from '@skerry/contract/operations/paths';
import { expect } from 'vitest';

import type { SignInSettings } from '../../config.ts';
import { openStore, type Store } from '../../store/store.ts';
import { PostgresSchema } from '../../store/testing/postgres-schema.ts';
import type { Platform } from '../platform.ts';
import { composePlatform, OWNER } from './compose.ts';
import { FolderEngine } from './folder-engine.ts';
import { addUser } from './users.ts';

export { OWNER };

export interface Answer {
  readonly status: number;
  // Tests look into answers of every shape.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Harness {
  readonly folder: string;
  readonly engine: FolderEngine;
  store: Store;
  platform: Platform;
  /** The owner's first API token. */
  token = '';
  nowMs = Date.UTC(2026, 5, 1, 12);
  /** Takes effect at the next `restart`. */
  signIn: SignInSettings = { signUp: 'closed', sessionMs: 86_400_000, oidc: null };
  /** Nothing is kept, unless a test is about that; takes effect at the next `restart`. */
  deletedRetentionMs = 0;
  /** Of the latest answer. */
  headers = new Headers();

  readonly #schema: PostgresSchema | undefined;

  private constructor(folder: string, store: Store, schema: PostgresSchema | undefined) {
    this.folder = folder;
    this.#schema = schema;
    this.engine = new FolderEngine(path.join(folder, 'databases'));
    this.store = store;
    this.platform = this.#compose();
  }

  static async start(): Promise<Harness> {
    const folder = await mkdtemp(path.join(tmpdir(), 'skerry-platform-'));
    const schema = await PostgresSchema.ofProject();
    const harness = new Harness(folder, await openStore({ dataDir: folder, url: schema?.url }), schema);
    await harness.platform.bootstrap(async (token) => {
      harness.token = token;
      await Promise.resolve();
    });
    return harness;
  }

  /** As a process that died and was started again: what was not in the store is lost. */
  async restart(): Promise<void> {
    await this.store.close();
    this.engine.before = async () => await Promise.resolve();
    this.store = await openStore({ dataDir: this.folder, url: this.#schema?.url });
    this.platform = this.#compose();
    await this.platform.bootstrap(async () => await Promise.reject(new Error('a second first token')));
    await this.platform.recover();
  }

  async stop(): Promise<void> {
    await this.platform.close();
    await this.store.close();
    await this.#schema?.drop();
    await rm(this.folder, { recursive: true });
  }

  /** One request. Its answer is held against the contract. */
  async call(method: string, url: string, options: CallOptions = {}): Promise<Answer> {
    const token = options.token === undefined ? this.token : options.token;
    const response = await this.platform.app.request(url, {
      method,
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...options.headers },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    });
    this.headers = response.headers;
    if (response.headers.get('content-type') === 'text/event-stream') {
      // It would go on for ever; its tests read it as it comes.
      await response.body?.cancel();
      return { status: response.status, body: {} };
    }
    const body: unknown = await response.json();
    expectContract(method, url, response.status, body);
    return { status: response.status, body };
  }

  async get(url: string, options?: CallOptions): Promise<Answer> {
    return await this.call('GET', url, options);
  }

  async post(url: string, body?: unknown, options?: CallOptions): Promise<Answer> {
    return await this.call('POST', url, { ...options, body });
  }

  async patch(url: string, body: unknown, options?: CallOptions): Promise<Answer> {
    return await this.call('PATCH', url, { ...options, body });
  }

  async delete(url: string, options?: CallOptions): Promise<Answer> {
    return await this.call('DELETE', url, options);
  }

  /** Makes a database in the owner's default group and returns its id. */
  async database(name: string, group = 'default'): Promise<string> {
    const { status, body } = await this.post(`/v1/organizations/${OWNER}/databases`, { name, group });
    if (status !== 200) {
      throw new Error(`${name} was not made: ${status} ${body.error}`);
    }
    return String(body.database.DbId);
  }

  /** Another user with a personal organization, as sign-up will make it one day. Returns their API token. */
  async user(username: string): Promise<string> {
    return await addUser(this.store.db, username, 'local', this.nowMs);
  }

  #compose(): Platform {
    return composePlatform({
      store: this.store,
      engine: this.engine,
      folder: this.folder,
      signIn: this.signIn,
      deletedRetentionMs: this.deletedRetentionMs,
      now: () => this.nowMs,
    });
  }
}

/** An answer of 200 fits the operation's schema; any other has a code that the operation names. */
function expectContract(method: string, url: string, status: number, body: unknown): void {
  const pathname = url.split('?')[0] ?? '';
  const operation = OPERATIONS.find(
    (candidate) =>
      candidate.method === method && pathsOf(candidate).some(({ path: route }) => matches(route, pathname)),
  );
  if (operation === undefined) {
    return;
  }
  if (status === 200) {
    const { error } = operation.response.safeParse(body);
    expect(error?.issues ?? [], `${operation.id} answers as the contract says`).toEqual([]);
  } else {
    const { code } = body as { code: ErrorCode };
    expect([...errorsOf(operation)], `${operation.id} may answer with ${code}`).toContain(code);
  }
}

function matches(route: string, pathname: string): boolean {
  const pattern = route.replaceAll(/[.]/g, '\\.').replaceAll(/\{\w+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`).test(pathname);
}
