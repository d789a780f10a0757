/**
 * An operation of the Platform API as data. Server, client, OpenAPI document and tests are all made from it.
 *
 * @module
 */
import { z } from 'zod';

import type { ErrorCode } from '../errors/catalogue.ts';
import type { FieldsOf } from '../errors/entry.ts';
import type { Authority } from './authority.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Operation<
  Path extends string = string,
  Who extends Authority = Authority,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Response extends z.ZodType = z.ZodType,
> {
  /** As Turso's OpenAPI document names it, where it has the operation. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly method: Method;
  /** With `{parameters}`. Further paths with the same meaning: see paths.ts. */
  readonly path: Path;
  readonly alsoAt: readonly string[];
  readonly authority: Who;
  /** Query parameters; all arrive as text. Unknown ones are ignored. */
  readonly query: Query;
  /** JSON body; an absent body is read as `{}`. Unknown fields are ignored. */
  readonly body: Body;
  readonly hasBody: boolean;
  /** Body of the 200 answer. */
  readonly response: Response;
  /** Codes that are special to the operation; those that any request may meet are not repeated. */
  readonly errors: readonly ErrorCode[];
}

export type ParamsOf<Path extends string> = { readonly [Name in FieldsOf<Path>]: string };

/** An object without any field that matters. */
export const NOTHING = z.object({});
type Nothing = typeof NOTHING;

export function operation<
  const Path extends string,
  const Who extends Authority,
  Response extends z.ZodType,
  Query extends z.ZodType = Nothing,
  Body extends z.ZodType = Nothing,
>(definition: {
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly method: Method;
  readonly path: Path;
  readonly alsoAt?: readonly string[];
  readonly authority: Who;
  readonly query?: Query;
  readonly body?: Body;
  readonly response: Response;
  readonly errors?: readonly ErrorCode[];
}): Operation<Path, Who, Query, Body, Response> {
  return {
    ...definition,
    alsoAt: definition.alsoAt ?? [],
    query: definition.query ?? (NOTHING as unknown as Query),
    body: definition.body ?? (NOTHING as unknown as Body),
    hasBody: definition.body !== undefined,
    errors: definition.errors ?? [],
  };
}
