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

export type StoreDialect = 'sqlite' | 'postgres';

export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  /** Programs that know this version, or a later one, may still use the store after this step. */
  readonly lowestSafeVersion: number;
  readonly schema: (db: Kysely<unknown>, dialect: StoreDialect) => Promise<void>;
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

/**
 * Processes that start at once on one store do this one after the other: each step looks again, inside its own
 * transaction, whether another process has taken it meanwhile (transactions that write exclude each other, on SQLite as
 * on PostgreSQL).
 *
 * @throws StoreTooNewError
 */
export async function migrate(
  store: Kysely<never>,
  migrations: readonly Migration[],
  dialect: StoreDialect = 'sqlite',
): Promise<void> {
  const db = store as unknown as Kysely<VersionTable>;
  const known = migrations.at(-1)?.version ?? 0;
  await db.transaction().execute(async (transaction) => {
    await transaction.schema
      .createTable('schema_version')
      .ifNotExists()
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('version', 'integer', (column) => column.notNull())
      .addColumn('lowest_safe_version', 'integer', (column) => column.notNull())
      .execute();
    const stored = await readVersion(transaction);
    if (stored !== undefined && stored.lowest_safe_version > known) {
      throw new StoreTooNewError(stored.version, stored.lowest_safe_version, known);
    }
  });
  for (const step of migrations) {
    await db.transaction().execute(async (transaction) => {
      const stored = await readVersion(transaction);
      if ((stored?.version ?? 0) >= step.version) {
        return;
      }
      const untyped = transaction as unknown as Kysely<unknown>;
      await step.schema(untyped, dialect);
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

async function readVersion(
  db: Kysely<VersionTable>,
): Promise<{ version: number; lowest_safe_version: number } | undefined> {
  return await db.selectFrom('schema_version').select(['version', 'lowest_safe_version']).executeTakeFirst();
}
