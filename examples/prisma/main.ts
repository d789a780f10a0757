/**
 * Prisma's client over its libSQL adapter.
 *
 * @module
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

import { createClient } from '@libsql/client';
import { PrismaLibSql } from '@prisma/adapter-libsql';

import { withDatabase } from '../skerry.ts';

const here = import.meta.dirname;

/** Generating a client needs no engine, but the command would fetch one unless told where it is. */
function generateClient(): void {
  const prisma = path.join(here, '../node_modules/prisma/build/index.js');
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const { status } = spawnSync(process.execPath, [prisma, 'generate'], { stdio: 'inherit', cwd: here, env });
  assert.equal(status, 0, 'prisma generate failed');
}

generateClient();
const { PrismaClient } = await import('./generated/client.ts');

await withDatabase('prisma', async ({ url, authToken }) => {
  const schema = createClient({ url, authToken });
  await schema.executeMultiple(await readFile(path.join(here, 'schema.sql'), 'utf8'));
  schema.close();

  const prisma = new PrismaClient({ adapter: new PrismaLibSql({ url, authToken }) });
  try {
    await prisma.composer.create({
      data: { name: 'Clara Schumann', born: 1819, works: { create: [{ title: 'Piano Trio' }, { title: 'Romances' }] } },
    });
    await assert.rejects(
      prisma.$transaction(async (transaction) => {
        await transaction.composer.create({ data: { name: 'Fanny Hensel', born: 1805 } });
        await transaction.composer.create({ data: { name: 'Clara Schumann', born: 1819 } });
      }),
      // Prisma's adapter tells constraints apart by SQLite's number, which no libSQL server sends; so it is not P2002.
      /UNIQUE constraint failed: Composer\.name/,
    );
    const composers = await prisma.composer.findMany({ include: { works: { orderBy: { title: 'asc' } } } });
    console.dir(composers, { depth: 3 });
    assert.equal(composers.length, 1);
    assert.deepEqual(
      composers[0]?.works.map((work) => work.title),
      ['Piano Trio', 'Romances'],
    );
  } finally {
    await prisma.$disconnect();
  }
});
