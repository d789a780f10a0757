/**
 * What a database token says, and what that means for one database.
 *
 * Claims are sqld's (`id`, `a`, `p`), Turso's `gid`, and our `grants` for fine-grained permissions, whose claim is not
 * public. sqld reads a token without `id`, `a` and `p` as full access to everything, and ignores claims it does not
 * know. Here it is the other way round: what is not said is not allowed, and an unknown claim spoils the token.
 *
 * @module
 */
import { z } from 'zod';

import type { DirectoryEntry } from '../platform/directory.ts';
import { type Attachable, type Grant, type Rights, TABLE_ACTIONS } from '../relay/rights.ts';

/** Databases by id (`ns`), and groups by id (`tags`). */
const Scope = z.strictObject({ ns: z.array(z.string()).nullish(), tags: z.array(z.string()).nullish() });

const Claims = z.strictObject({
  /** Database by id. */
  id: z.string().optional(),
  /** Group by id. */
  gid: z.string().optional(),
  a: z.enum(['rw', 'ro', 'roa']).optional(),
  /** When present, `a` does not count. */
  p: z
    .strictObject({
      ro: Scope.nullish(),
      rw: Scope.nullish(),
      roa: Scope.nullish(),
      rwa: Scope.nullish(),
      ddl: Scope.nullish(),
    })
    .optional(),
  /** When present, neither `a` nor the levels in `p` count. */
  grants: z.array(z.strictObject({ t: z.array(z.string()).nullable(), a: z.array(z.enum(TABLE_ACTIONS)) })).optional(),
  /** Seconds since 1970; minted with milliseconds as a fraction. */
  iat: z.number().optional(),
  exp: z.number().optional(),
  nbf: z.number().optional(),
  // Registered claims that grant nothing.
  iss: z.string().optional(),
  sub: z.string().optional(),
  aud: z.unknown().optional(),
  jti: z.string().optional(),
});

/** Those of an outside issuer's token that count. */
const OUTSIDE_CLAIMS = new Set(['id', 'gid', 'a', 'p', 'grants', 'iat', 'exp', 'nbf']);

export type TokenClaims = z.infer<typeof Claims>;

export function readClaims(claims: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  const result = Claims.safeParse(claims);
  return result.success ? result.data : undefined;
}

/**
 * The claims of an outside issuer's token. It has many that are none of ours; those that grant something are as strict as
 * ever, and without any of them it opens nothing.
 */
export function readOutsideClaims(claims: Readonly<Record<string, unknown>>): TokenClaims | undefined {
  const ours = Object.entries(claims).filter(([name]) => OUTSIDE_CLAIMS.has(name));
  return readClaims(Object.fromEntries(ours));
}

/** What the token is for. */
export interface TokenScope {
  readonly subject: { readonly databaseId: string } | { readonly groupId: string };
  readonly level: 'full' | 'read' | 'grants';
  readonly grants: readonly Grant[];
  /** Databases that may be attached and read, by id. */
  readonly attach: readonly string[];
}

/** The claims of a new token, without its times. */
export function claimsOf(scope: TokenScope): TokenClaims {
  const subject = 'databaseId' in scope.subject ? { id: scope.subject.databaseId } : { gid: scope.subject.groupId };
  const named = 'databaseId' in scope.subject ? { ns: [scope.subject.databaseId] } : { tags: [scope.subject.groupId] };
  const attach = scope.attach.length === 0 ? {} : { roa: { ns: [...scope.attach] } };
  if (scope.level === 'grants') {
    // An sqld that does not know `grants` finds an empty `p`, and allows nothing.
    return {
      ...subject,
      p: attach,
      grants: scope.grants.map(({ tables, actions }) => ({ t: tables === null ? null : [...tables], a: [...actions] })),
    };
  }
  if (scope.attach.length > 0) {
    return { ...subject, p: { [scope.level === 'full' ? 'rw' : 'ro']: named, ...attach } };
  }
  return { ...subject, a: scope.level === 'full' ? 'rw' : 'ro' };
}

/** What the claims allow on the database; undefined when they say nothing of it. */
export function rightsOf(claims: TokenClaims, entry: DirectoryEntry): Rights | undefined {
  const attach = attachOf(claims, entry);
  const expiresAtMs = claims.exp === undefined ? null : Math.floor(claims.exp * 1000);
  if (claims.grants !== undefined) {
    if (!isSubject(claims, entry)) {
      return undefined;
    }
    const grants = claims.grants.map(({ t, a }) => ({ tables: t, actions: a }));
    return { level: 'grants', grants, attach, expiresAtMs };
  }
  const level = claims.p === undefined ? legacyLevel(claims, entry) : levelOf(claims.p, entry);
  return level === undefined ? undefined : { level, grants: [], attach, expiresAtMs };
}

function isSubject(claims: TokenClaims, entry: DirectoryEntry): boolean {
  // Both given: both must fit.
  return (
    (claims.id !== undefined || claims.gid !== undefined) &&
    (claims.id === undefined || claims.id === entry.databaseId) &&
    (claims.gid === undefined || claims.gid === entry.groupId)
  );
}

function legacyLevel(claims: TokenClaims, entry: DirectoryEntry): 'full' | 'read' | undefined {
  if (claims.a === undefined || !isSubject(claims, entry)) {
    return undefined;
  }
  return claims.a === 'rw' ? 'full' : 'read';
}

function levelOf(p: NonNullable<TokenClaims['p']>, entry: DirectoryEntry): 'full' | 'read' | undefined {
  if ([p.rw, p.rwa, p.ddl].some((scope) => covers(scope, entry.databaseId, entry.groupId))) {
    return 'full';
  }
  return [p.ro, p.roa].some((scope) => covers(scope, entry.databaseId, entry.groupId)) ? 'read' : undefined;
}

function attachOf(claims: TokenClaims, entry: DirectoryEntry): Attachable[] {
  return entry.attachable.filter(({ databaseId }) => {
    if (claims.p !== undefined) {
      return [claims.p.roa, claims.p.rwa].some((scope) => covers(scope, databaseId, entry.groupId));
    }
    return claims.a === 'roa' && claims.id === undefined && claims.gid === entry.groupId;
  });
}

function covers(scope: z.infer<typeof Scope> | null | undefined, databaseId: string, groupId: string): boolean {
  return (scope?.ns?.includes(databaseId) ?? false) || (scope?.tags?.includes(groupId) ?? false);
}
