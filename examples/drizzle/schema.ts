import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const continents = sqliteTable('continents', {
  code: text().primaryKey(),
  name: text().notNull().unique(),
});

export const countries = sqliteTable('countries', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  areaKm2: integer('area_km2').notNull(),
  continent: text()
    .notNull()
    .references(() => continents.code),
});
