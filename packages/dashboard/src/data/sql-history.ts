/**
 * What was run on the SQL page, for as long as the browser's tab lives.
 *
 * @module
 */
const KEPT = 50;

export interface HistoryEntry {
  readonly sql: string;
  readonly at: number;
}

export function readHistory(org: string, database: string): HistoryEntry[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(keyOf(org, database)) ?? '[]');
    return Array.isArray(stored) ? (stored as HistoryEntry[]) : [];
  } catch {
    return [];
  }
}

/** The newest first; the same text is not kept twice. */
export function addToHistory(org: string, database: string, sql: string): HistoryEntry[] {
  const list = [{ sql, at: Date.now() }, ...readHistory(org, database).filter((entry) => entry.sql !== sql)].slice(
    0,
    KEPT,
  );
  sessionStorage.setItem(keyOf(org, database), JSON.stringify(list));
  return list;
}

function keyOf(org: string, database: string): string {
  return `skerry-sql ${org} ${database}`;
}
