import process from 'node:process';

import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'turso',
  schema: './schema.ts',
  out: process.env['MIGRATIONS_DIR'] ?? './migrations',
  dbCredentials: { url: process.env['DATABASE_URL'] ?? '', authToken: process.env['DATABASE_TOKEN'] ?? '' },
});
