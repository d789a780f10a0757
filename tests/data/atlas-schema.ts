/** Tables of each kind that SQLite has: rowid, WITHOUT ROWID, STRICT, generated column, virtual; with index, view, trigger. */
export const ATLAS_SCHEMA = `
CREATE TABLE script (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE general_category (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE character (
  code_point INTEGER PRIMARY KEY,
  text TEXT NOT NULL,
  utf8 BLOB NOT NULL,
  category TEXT NOT NULL REFERENCES general_category (code),
  uppercase TEXT,
  lowercase TEXT,
  is_emoji INTEGER NOT NULL CHECK (is_emoji IN (0, 1)),
  notation TEXT GENERATED ALWAYS AS (format('U+%04X', code_point)) VIRTUAL
);
CREATE INDEX character_by_category ON character (category, code_point);

CREATE TABLE decomposition (
  code_point INTEGER NOT NULL REFERENCES character (code_point) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  part INTEGER NOT NULL,
  PRIMARY KEY (code_point, position)
) WITHOUT ROWID;

CREATE TABLE language (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE region (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL
);

CREATE TABLE region_name (
  region TEXT NOT NULL REFERENCES region (code),
  language TEXT NOT NULL REFERENCES language (code),
  name TEXT NOT NULL COLLATE NOCASE,
  PRIMARY KEY (region, language)
);

CREATE TABLE currency (
  code TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  fraction_digits INTEGER NOT NULL
) STRICT;

CREATE TABLE currency_name (
  currency TEXT NOT NULL REFERENCES currency (code),
  language TEXT NOT NULL REFERENCES language (code),
  name TEXT NOT NULL,
  PRIMARY KEY (currency, language)
);

CREATE TABLE time_zone (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE time_zone_offset (
  time_zone INTEGER NOT NULL REFERENCES time_zone (id),
  month TEXT NOT NULL,
  offset_hours REAL NOT NULL,
  PRIMARY KEY (time_zone, month)
);

CREATE TABLE numbering_system (
  code TEXT PRIMARY KEY,
  digits TEXT
);

CREATE TABLE calendar (
  code TEXT PRIMARY KEY,
  name TEXT
);

CREATE TABLE unit (
  code TEXT PRIMARY KEY,
  short_form TEXT NOT NULL,
  long_form TEXT NOT NULL
);

CREATE VIRTUAL TABLE region_search USING fts5 (name, region UNINDEXED, tokenize = 'unicode61');

CREATE VIEW emoji AS
  SELECT code_point, notation, text FROM character WHERE is_emoji = 1;

CREATE TRIGGER region_name_is_searchable AFTER UPDATE OF name ON region_name BEGIN
  UPDATE region_search SET name = new.name WHERE region = new.region AND name = old.name;
END;
`;
