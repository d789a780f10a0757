/**
 * The way to a database's data: short-lived tokens from the Platform API, and statements sent to the database's path
 * address, as any client would.
 *
 * @module
 */
import type { ApiClient } from '@skerry/contract/client';
import { createDatabaseToken } from '@skerry/contract/operations/database-tokens';

import { type Cell, decodeResult, encodeCell, SqlError, type StatementResult, type WireResult } from '../lib/hrana.ts';

/** Long enough not to ask for one with every click, short enough to be worth little. */
const TOKEN_LIFE = { text: '15m', ms: 15 * 60_000 };
const TOKEN_RENEW_MS = 60_000;

export interface DatabaseRef {
  readonly org: string;
  readonly name: string;
  /** Location code of an instance; without it, the primary. */
  readonly instance?: string | undefined;
}

export interface Statement {
  readonly sql: string;
  readonly args?: readonly Cell[];
}

interface PipelineAnswer {
  readonly baton: string | null;
  readonly results: readonly (
    | { readonly type: 'ok'; readonly response: { readonly type: string; readonly result?: WireResult } }
    | { readonly type: 'error'; readonly error: { readonly message: string; readonly code?: string } }
  )[];
}

interface BatchResult {
  readonly step_errors: readonly ({ readonly message: string; readonly code?: string } | null)[];
}

export class DatabaseAccess {
  readonly #api: ApiClient;
  readonly #tokens = new Map<string, { readonly jwt: Promise<string>; readonly untilMs: number }>();

  constructor(api: ApiClient) {
    this.#api = api;
  }

  forget(): void {
    this.#tokens.clear();
  }

  /** @throws ApiError, when the caller may not make tokens for it */
  async token({ org, name }: DatabaseRef): Promise<string> {
    const key = `${org}/${name}`;
    const known = this.#tokens.get(key);
    if (known !== undefined && known.untilMs > Date.now()) {
      return await known.jwt;
    }
    const jwt = this.#api
      .call(createDatabaseToken, {
        params: { organizationSlug: org, databaseName: name },
        query: { expiration: TOKEN_LIFE.text },
      })
      .then((answer) => answer.jwt);
    this.#tokens.set(key, { jwt, untilMs: Date.now() + TOKEN_LIFE.ms - TOKEN_RENEW_MS });
    jwt.catch(() => this.#tokens.delete(key));
    return await jwt;
  }

  /** Of the database's path address, without a closing slash. */
  address({ org, name, instance }: DatabaseRef): string {
    const at = instance === undefined ? '' : `@${encodeURIComponent(instance)}`;
    return `/db/${encodeURIComponent(org)}/${encodeURIComponent(name)}${at}`;
  }

  /** Any request on the database's address, with a token. A token that was ended meanwhile is replaced once. */
  async fetch(ref: DatabaseRef, path: string, init: RequestInit = {}): Promise<Response> {
    const send = async (): Promise<Response> => {
      const headers = new Headers(init.headers);
      headers.set('authorization', `Bearer ${await this.token(ref)}`);
      return await fetch(`${this.address(ref)}${path}`, { ...init, headers });
    };
    const response = await send();
    if (response.status !== 401) {
      return response;
    }
    this.#tokens.delete(`${ref.org}/${ref.name}`);
    return await send();
  }

  /** One statement on a stream of its own. @throws SqlError */
  async query(
    ref: DatabaseRef,
    sql: string,
    args: readonly Cell[] = [],
    signal?: AbortSignal,
  ): Promise<StatementResult> {
    using stream = new SqlStream(this, ref);
    return await stream.execute({ sql, args }, { signal, isLast: true });
  }

  /** All or nothing. @throws SqlError of the first that fails */
  async transaction(ref: DatabaseRef, statements: readonly Statement[]): Promise<StatementResult[]> {
    using stream = new SqlStream(this, ref);
    await stream.execute({ sql: 'BEGIN IMMEDIATE' });
    const results: StatementResult[] = [];
    for (const statement of statements) {
      results.push(await stream.execute(statement));
    }
    await stream.execute({ sql: 'COMMIT' }, { isLast: true });
    return results;
  }
}

/** A connection of the database: what one statement leaves open (a transaction, a temporary table), the next one sees. */
export class SqlStream {
  readonly #access: DatabaseAccess;
  readonly #ref: DatabaseRef;
  #baton: string | null = null;

  constructor(access: DatabaseAccess, ref: DatabaseRef) {
    this.#access = access;
    this.#ref = ref;
  }

  /** @throws SqlError */
  async execute(
    { sql, args = [] }: Statement,
    { signal, isLast = false }: { readonly signal?: AbortSignal | undefined; readonly isLast?: boolean } = {},
  ): Promise<StatementResult> {
    const requests: object[] = [{ type: 'execute', stmt: { sql, args: args.map(encodeCell) } }];
    if (isLast) {
      requests.push({ type: 'close' });
    }
    const answer = await this.#post(requests, signal);
    const [first] = answer.results;
    if (first === undefined || first.type === 'error') {
      throw new SqlError(first?.error.message ?? 'no result', first?.error.code ?? '');
    }
    if (first.response.result === undefined) {
      throw new SqlError('the answer has no result', '');
    }
    return decodeResult(first.response.result);
  }

  /** Many statements in one request, none after one that failed. @throws SqlError */
  async executeAll(statements: readonly Statement[]): Promise<void> {
    const steps = statements.map(({ sql, args = [] }, index) => ({
      stmt: { sql, args: args.map(encodeCell), want_rows: false },
      ...(index === 0 ? {} : { condition: { type: 'ok', step: index - 1 } }),
    }));
    const answer = await this.#post([{ type: 'batch', batch: { steps } }]);
    const [first] = answer.results;
    if (first === undefined || first.type === 'error') {
      throw new SqlError(first?.error.message ?? 'no result', first?.error.code ?? '');
    }
    const { step_errors: errors } = first.response.result as unknown as BatchResult;
    const failed = errors.find((error) => error !== null);
    if (failed !== undefined && failed !== null) {
      throw new SqlError(failed.message, failed.code ?? '');
    }
  }

  /** Whether a transaction is open. */
  async isInTransaction(): Promise<boolean> {
    if (this.#baton === null) {
      return false;
    }
    const answer = await this.#post([{ type: 'get_autocommit' }]);
    const [first] = answer.results;
    return first?.type === 'ok' && 'is_autocommit' in first.response && first.response.is_autocommit === false;
  }

  [Symbol.dispose](): void {
    if (this.#baton !== null) {
      // The server would end the stream by itself after a while; what matters is that its transaction ends now.
      this.#post([{ type: 'close' }]).catch(() => undefined);
    }
  }

  async #post(requests: readonly object[], signal?: AbortSignal): Promise<PipelineAnswer> {
    const response = await this.#access.fetch(this.#ref, '/v3/pipeline', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ baton: this.#baton, requests }),
      ...(signal === undefined ? {} : { signal }),
    });
    const body = (await response.json().catch(() => ({}))) as Partial<PipelineAnswer> & {
      readonly message?: string;
      readonly code?: string;
    };
    if (!response.ok || body.results === undefined) {
      this.#baton = null;
      throw new SqlError(body.message ?? `status ${response.status}`, body.code ?? '');
    }
    this.#baton = body.baton ?? null;
    return body as PipelineAnswer;
  }
}
