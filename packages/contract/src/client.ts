/**
 * A typed client of the Platform API over `fetch`, for browser and Node alike.
 *
 * @module
 */
import { z } from 'zod';

import type { Authority } from './operations/authority.ts';
import type { Operation, ParamsOf } from './operations/operation.ts';

/** The API refused. `message` is its text for people, `code` one of the catalogue where the server is Skerry. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, message: string, code: string | undefined) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What answered is not this API, or not in this version. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}

export interface ClientOptions {
  /** Of the bare address of the server. */
  readonly url: string | URL;
  /** An API token; asked for on every call, so that it may change. */
  readonly token: () => string | undefined;
  /** Replaced in tests. */
  readonly fetch?: (url: URL, init: RequestInit) => Promise<Response>;
}

export interface CallInput<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: ParamsOf<Path>;
  readonly query?: z.input<Query>;
  readonly body?: z.input<Body>;
  readonly signal?: AbortSignal;
}

const ErrorBody = z.object({ error: z.string(), code: z.string().optional() });

export class ApiClient {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * @throws ApiError, UnexpectedAnswerError; and what `fetch` throws when there is no answer
   */
  async call<
    const Path extends string,
    Who extends Authority,
    Query extends z.ZodType,
    Body extends z.ZodType,
    Response extends z.ZodType,
  >(
    operation: Operation<Path, Who, Query, Body, Response>,
    input: CallInput<Path, Query, Body>,
  ): Promise<z.output<Response>> {
    const url = new URL(fillIn(operation.path, input.params), this.#options.url);
    for (const [name, value] of Object.entries<string | number | boolean | undefined>(input.query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(name, String(value));
      }
    }
    const token = this.#options.token();
    const send = this.#options.fetch ?? fetch;
    const response = await send(url, {
      method: operation.method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(operation.hasBody ? { 'content-type': 'application/json' } : {}),
      },
      ...(operation.hasBody ? { body: JSON.stringify(input.body ?? {}) } : {}),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    });
    const answer = await readJson(response);
    if (!response.ok) {
      const refusal = ErrorBody.safeParse(answer).data;
      throw new ApiError(response.status, refusal?.error ?? `status ${response.status}`, refusal?.code);
    }
    const result = operation.response.safeParse(answer);
    if (!result.success) {
      throw new UnexpectedAnswerError(`${operation.id}: ${z.prettifyError(result.error)}`);
    }
    return result.data;
  }
}

function fillIn(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

async function readJson(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}
