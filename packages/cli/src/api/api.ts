import type { Authority } from '@skerry/contract/operations/authority';
import type { Operation, ParamsOf } from '@skerry/contract/operations/operation';
/**
 * Calls of the Platform API by operation, with the connection's token.
 *
 * @module
 */
import { listOrganizations } from '@skerry/contract/operations/organizations';
import { z } from 'zod';

import type { Connection } from './connection.ts';
import { ApiError, UnreachableError } from './errors.ts';

const ErrorBody = z.object({ error: z.string(), code: z.string().optional() });

export interface Input<Path extends string, Query extends z.ZodType, Body extends z.ZodType> {
  readonly params: ParamsOf<Path>;
  readonly query?: z.input<Query>;
  readonly body?: z.input<Body>;
}

export class Api {
  readonly connection: Connection;
  #organization: Promise<string> | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /**
   * @throws ApiError when the server refuses
   * @throws UnreachableError when there is no answer, or one that is not the Platform API's
   */
  async call<
    const Path extends string,
    Who extends Authority,
    Query extends z.ZodType,
    Body extends z.ZodType,
    Response extends z.ZodType,
  >(
    operation: Operation<Path, Who, Query, Body, Response>,
    { params, query, body }: Input<Path, Query, Body>,
  ): Promise<z.output<Response>> {
    const url = new URL(fillIn(operation.path, params), this.connection.url);
    for (const [name, value] of Object.entries<string | undefined>(query ?? {})) {
      if (value !== undefined) {
        url.searchParams.set(name, value);
      }
    }
    const response = await this.#fetch(url, {
      method: operation.method,
      headers: { authorization: `Bearer ${this.connection.token}`, 'content-type': 'application/json' },
      ...(operation.hasBody ? { body: JSON.stringify(body ?? {}) } : {}),
    });
    const text = await response.text();
    const json = parseJson(text);
    if (!response.ok) {
      const refusal = ErrorBody.safeParse(json).data;
      if (refusal === undefined) {
        throw new UnreachableError(this.connection.url, `it answered with status ${response.status} and no API error`);
      }
      throw new ApiError(response.status, refusal.code, refusal.error);
    }
    const result = operation.response.safeParse(json);
    if (!result.success) {
      throw new UnreachableError(
        this.connection.url,
        `its answer is not one of this API: ${z.prettifyError(result.error)}`,
      );
    }
    return result.data;
  }

  /** Slug of the organization that the command is about. */
  async organization(): Promise<string> {
    this.#organization ??= this.#findOrganization();
    return await this.#organization;
  }

  async #findOrganization(): Promise<string> {
    if (this.connection.organization !== undefined) {
      return this.connection.organization;
    }
    const organizations = await this.call(listOrganizations, { params: {} });
    // A token that is restricted to one organization sees only that one.
    const own = organizations.find(({ type }) => type === 'personal') ?? organizations[0];
    return own?.slug ?? '';
  }

  async #fetch(url: URL, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      throw new UnreachableError(this.connection.url, reasonOf(error), error);
    }
  }
}

function fillIn(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch` says only "fetch failed"; the reason is in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === 'ECONNREFUSED'
    ? 'nothing listens there'
    : cause instanceof Error
      ? cause.message || code
      : String(cause);
}
