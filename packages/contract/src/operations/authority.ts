/**
 * Who may call an operation: roles of people and scopes of API tokens.
 *
 * @module
 */

/** From least to most; each may do what those before it may. */
export const ROLES = ['viewer', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

/** What a token that is restricted to a group can be allowed (Turso's API reference, "Authentication"). */
export const SCOPES = [
  'read',
  'db:create',
  'db:delete',
  'db:configure',
  'db:mint-token',
  'db:rotate-creds',
  'group:configure',
  'group:mint-token',
  'group:rotate-creds',
] as const;
export type Scope = (typeof SCOPES)[number];

/** Names that stand for several scopes when a token is made. */
export const SCOPE_PRESETS = {
  'read-only': ['read'],
  'full-access': SCOPES,
} as const satisfies Record<string, readonly Scope[]>;

export type Authority =
  /** Anybody, without a token. */
  | { readonly kind: 'public' }
  /**
   * Anybody with a sound token, about their own things. `unrestricted`: not with a token for one organization.
   * `operator`: only who runs the server.
   */
  | { readonly kind: 'caller'; readonly unrestricted: boolean; readonly operator?: boolean }
  /**
   * Members of the organization in the path, or of the caller's personal one where the path names none. A token that
   * is restricted to a group needs the scope as well; without a scope such tokens cannot call the operation.
   */
  | {
      readonly kind: 'organization';
      readonly role: Role;
      readonly scope: Scope | null;
      /** What a lower role is told, where the API documents a text of its own. */
      readonly refusal?: 'member_update_forbidden';
      /** Members of any role may call it when this path parameter is their own username. */
      readonly selfParameter?: string;
    };

export const PUBLIC = { kind: 'public' } as const satisfies Authority;
export const CALLER = { kind: 'caller', unrestricted: false } as const satisfies Authority;
export const UNRESTRICTED_CALLER = { kind: 'caller', unrestricted: true } as const satisfies Authority;
export const OPERATOR = { kind: 'caller', unrestricted: true, operator: true } as const satisfies Authority;

export function inOrganization<const R extends Role, const S extends Scope | null>(
  role: R,
  scope: S,
): { readonly kind: 'organization'; readonly role: R; readonly scope: S } {
  return { kind: 'organization', role, scope };
}
