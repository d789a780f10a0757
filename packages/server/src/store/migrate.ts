/**
 * Brings the records to the newest shape, one numbered step after the other, each in a transaction of its own. A new
 * store runs the same steps, so fresh and migrated stores are equal by construction.
 *
 * A step has a schema part and, where records must be rewritten, a data part. Steps are never edited once released,
 * and never undone: going back to an older program works as long as that program's newest step is at least the
 * `lowestSafeVersion` of the store; otherwise it refuses to start, before it has touched anything.
 *
 * @module
 */
import { type Kysely, sql } from 'kysely';

export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  /** Programs that know this version, or a later one, may still use the store after this step. */
  readonly lowestSafeVersion: number;
  readonly schema: (db: Kysely<unknown>) => Promise<void>;
  readonly data?: (db: Kysely<unknown>) => Promise<void>;
}

/** The store was written by a newer program in a way that this one would damage. */
export class StoreTooNewError extends Error {
  override readonly name = 'StoreTooNewError';

  constructor(storeVersion: number, lowestSafeVersion: number, knownVersion: number) {
    super(
      `the control plane's records have version ${storeVersion} and need a program that knows at least version ` +
        `${lowestSafeVersion}; this one knows ${knownVersion}`,
    );
  }
}

interface VersionTable {
  schema_version: { id: number; version: number; lowest_safe_version: number };
}

export async function migrate(store: Kysely<never>, migrations: readonly Migration[]): Promise<void> {
  const db = store as unknown as Kysely<VersionTable>;
  await db.schema
    .createTable('schema_version')
    .ifNotExists()
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('lowest_safe_version', 'integer', (column) => column.notNull())
    .execute();
  const row = await db.selectFrom('schema_version').select(['version', 'lowest_safe_version']).executeTakeFirst();
  const current = row?.version ?? 0;
  const known = migrations.at(-1)?.version ?? 0;
  if (row !== undefined && row.lowest_safe_version > known) {
    throw new StoreTooNewError(current, row.lowest_safe_version, known);
  }
  for (const step of migrations.filter(({ version }) => version > current)) {
    await db.transaction().execute(async (transaction) => {
      const untyped = transaction as unknown as Kysely<unknown>;
      await step.schema(untyped);
      await step.data?.(untyped);
      await transaction
        .insertInto('schema_version')
        .values({ id: 1, version: step.version, lowest_safe_version: step.lowestSafeVersion })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({
            version: step.version,
            lowest_safe_version: sql<number>`excluded.lowest_safe_version`,
          }),
        )
        .execute();
    });
  }
}
