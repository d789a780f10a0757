/**
 * What a handler is given: everything about a request that has been checked already.
 *
 * @module
 */
import type { Readable } from 'node:stream';

import type { Authority, Role, Scope } from '@skerry/contract/operations/authority';
import type { ParamsOf } from '@skerry/contract/operations/operation';
import type { z } from 'zod';

import type { Actor } from '../audit/store.ts';
import type { OrganizationRow } from '../organizations/store.ts';
import type { NewSession, Visitor } from '../sessions/service.ts';

/** The bearer of an API token, or of a session's cookie. */
export interface Caller {
  /** Of the session; null is an API token. */
  readonly sessionId: string | null;
  readonly userId: string;
  readonly username: string;
  /** Runs the server. */
  readonly isOperator: boolean;
  /** Unix time in milliseconds; null is never. */
  readonly expiresAtMs: number | null;
  /** Set: the token counts in this organization only. */
  readonly organizationId: string | null;
  /** Set: the token counts for this group only, and for what its scopes name. */
  readonly pin: { readonly groupId: string; readonly scopes: readonly Scope[] } | null;
}

/** The organization of the request, as its caller may see it. */
export interface OrganizationAccess extends OrganizationRow {
  readonly role: Role;
  /** Set: the caller may see this group, and its databases, and no other. */
  readonly onlyGroupId: string | null;
}

export interface ApiRequest<
  Path extends string = string,
  Who extends Authority = Authority,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  readonly params: ParamsOf<Path>;
  readonly query: z.output<Query>;
  readonly body: z.output<Body>;
  /** The request came by a /v3 path. Names in `params` have been looked up: they are names here as well. */
  readonly byId: boolean;
  readonly caller: Who extends { readonly kind: 'public' } ? undefined : Caller;
  readonly organization: Who extends { readonly kind: 'organization' } ? OrganizationAccess : undefined;
  readonly actor: Actor;
  readonly visitor: Visitor;
  /** Value of a request header, by its name. */
  readonly header: (name: string) => string | undefined;
  /** The body of an operation without a JSON body, as it comes. */
  readonly bodyStream: () => Readable;
  /** Puts the session into the answer's cookie; null takes the cookie away. */
  readonly keepSession: (session: NewSession | null) => void;
  /** @throws SkerryError origin_refused when a page of another origin asks: for what sets a cookie */
  readonly refuseOtherOrigins: () => void;
}
