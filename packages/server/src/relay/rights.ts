/**
 * What a verified token lets its bearer do on one database. The gateway makes it (access/), the host enforces it in
 * SQLite's authorizer (sql/). Everything that is not named here is forbidden.
 *
 * @module
 */

/** Fine-grained actions, as `fine_grained_permissions` of the Platform API names them. */
export const TABLE_ACTIONS = [
  'data_read',
  'data_add',
  'data_update',
  'data_delete',
  'schema_add',
  'schema_update',
  'schema_delete',
] as const;

export type TableAction = (typeof TABLE_ACTIONS)[number];

export interface Grant {
  /** Table names, compared without regard to case; null means all tables. */
  readonly tables: readonly string[] | null;
  readonly actions: readonly TableAction[];
}

/** A database that may be attached read-only, by the name that the SQL text uses. */
export interface Attachable {
  readonly name: string;
  readonly databaseId: string;
}

export interface Rights {
  /** `full`: everything the SQL policy allows. `read`: no change of any kind. `grants`: only what `grants` names. */
  readonly level: 'full' | 'read' | 'grants';
  readonly grants: readonly Grant[];
  readonly attach: readonly Attachable[];
  /** Unix time in milliseconds after which every request is refused, also on an open socket; null means never. */
  readonly expiresAtMs: number | null;
}
