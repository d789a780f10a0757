/**
 * drizzle-kit makes a migration from the schema and applies it; drizzle-orm uses the tables.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

import { eq, sum } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/libsql';

import { withDatabase } from '../skerry.ts';
import { continents, countries } from './schema.ts';

const kit = path.join(import.meta.dirname, '../node_modules/drizzle-kit/bin.cjs');
// drizzle-kit takes a path below its own folder only.
const migrations = await mkdtemp('migrations-');

function drizzleKit(command: string, environment: Record<string, string> = {}): void {
  const env = { ...process.env, ...environment, MIGRATIONS_DIR: `./${migrations}` };
  const { status } = spawnSync(process.execPath, [kit, command], { stdio: 'inherit', env });
  assert.equal(status, 0, `drizzle-kit ${command} failed`);
}

try {
  drizzleKit('generate');
  await withDatabase('drizzle', async ({ url, authToken }) => {
    drizzleKit('migrate', { DATABASE_URL: url, DATABASE_TOKEN: authToken });
    const db = drizzle({ connection: { url, authToken } });

    await db.insert(continents).values([
      { code: 'EU', name: 'Europe' },
      { code: 'AF', name: 'Africa' },
    ]);
    await db.transaction(async (transaction) => {
      await transaction.insert(countries).values({ name: 'Iceland', areaKm2: 103_000, continent: 'EU' });
      await transaction.insert(countries).values({ name: 'Norway', areaKm2: 385_207, continent: 'EU' });
    });
    await assert.rejects(
      db.transaction(async (transaction) => {
        await transaction.insert(countries).values({ name: 'Chad', areaKm2: 1_284_000, continent: 'AF' });
        transaction.rollback();
      }),
    );

    const areas = await db
      .select({ name: continents.name, areaKm2: sum(countries.areaKm2).mapWith(Number) })
      .from(countries)
      .innerJoin(continents, eq(continents.code, countries.continent))
      .groupBy(continents.code);
    console.table(areas);
    assert.deepEqual(areas, [{ name: 'Europe', areaKm2: 488_207 }]);
  });
} finally {
  await rm(migrations, { recursive: true });
}
