/**
 * The Platform API for commands: the contract's client on the connection's address and token, with failures that a
 * person can act on.
 *
 * @module
 */
import { ApiClient, ApiError, type CallInput, UnexpectedAnswerError } from '@skerry/contract/client';
import type { Authority } from '@skerry/contract/operations/authority';
import type { Operation } from '@skerry/contract/operations/operation';
import { listOrganizations } from '@skerry/contract/operations/organizations';
import type { z } from 'zod';

import type { Connection } from './connection.ts';
import { UnreachableError } from './errors.ts';

export class Api {
  readonly connection: Connection;
  readonly #client: ApiClient;
  #organization: Promise<string> | undefined;

  constructor(connection: Connection) {
    this.connection = connection;
    this.#client = new ApiClient({ url: connection.url, token: () => connection.token });
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
    input: CallInput<Path, Query, Body>,
  ): Promise<z.output<Response>> {
    try {
      return await this.#client.call(operation, input);
    } catch (error) {
      throw this.#explained(error);
    }
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

  #explained(error: unknown): unknown {
    const { url } = this.connection;
    if (error instanceof UnexpectedAnswerError) {
      return new UnreachableError(url, `its answer is not one of this API: ${error.message}`, error);
    }
    if (error instanceof ApiError) {
      // Every refusal of Skerry has a code; what has none comes from another server, or from a proxy in front.
      return error.code === undefined && error.status >= 500 ? new UnreachableError(url, error.message, error) : error;
    }
    return error instanceof TypeError ? new UnreachableError(url, reasonOf(error), error) : error;
  }
}

/** `fetch` says only "fetch failed"; the reason is in its cause. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ECONNREFUSED') {
    return 'nothing listens there';
  }
  return cause instanceof Error ? cause.message || code : String(cause);
}
