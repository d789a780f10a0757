/**
 * A real database for tests to load: what the Unicode Character Database, CLDR and the IANA time zone database say of
 * characters, regions, languages, currencies and time zones, as Node's own copy of ICU holds them. Facts, not filler,
 * in every script and of every storage class. The same Node makes the same file, byte for byte.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';

import { characters, decompositions, GENERAL_CATEGORIES, scripts } from './atlas-characters.ts';
import {
  calendars,
  currencies,
  currencyNames,
  languages,
  numberingSystems,
  regionNames,
  regions,
  timeZoneOffsets,
  timeZones,
  units,
} from './atlas-places.ts';
import { ATLAS_SCHEMA } from './atlas-schema.ts';

type Cell = string | number | bigint | Uint8Array | null;

/** Table → its rows, in an order that foreign keys allow. */
const CONTENTS: Readonly<Record<string, () => Iterable<readonly Cell[]>>> = {
  script: scripts,
  general_category: () => Object.entries(GENERAL_CATEGORIES),
  character: characters,
  decomposition: decompositions,
  language: languages,
  region: regions,
  region_name: regionNames,
  currency: currencies,
  currency_name: currencyNames,
  time_zone: timeZones,
  time_zone_offset: timeZoneOffsets,
  numbering_system: numberingSystems,
  calendar: calendars,
  unit: units,
};

/** How many rows each table of the atlas has. */
export type AtlasRows = ReadonlyMap<string, number>;

/**
 * Writes the atlas to a new file: WAL mode, 4,096-byte pages, no auto-vacuum, checkpointed, as an upload wants it.
 *
 * @param path must not exist yet
 */
export function buildAtlas(path: string): AtlasRows {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON');
    database.exec('BEGIN');
    database.exec(ATLAS_SCHEMA);
    const rowCounts = new Map(Object.entries(CONTENTS).map(([table, rows]) => [table, fill(database, table, rows())]));
    database.exec('INSERT INTO region_search (name, region) SELECT name, region FROM region_name');
    database.exec('COMMIT');
    return rowCounts;
  } finally {
    // The last connection to close moves the log into the file and removes it.
    database.close();
  }
}

function fill(database: DatabaseSync, table: string, rows: Iterable<readonly Cell[]>): number {
  let count = 0;
  let insert: ReturnType<DatabaseSync['prepare']> | undefined;
  for (const row of rows) {
    insert ??= database.prepare(`INSERT INTO "${table}" VALUES (${row.map(() => '?').join(', ')})`);
    insert.run(...row);
    count += 1;
  }
  return count;
}
