/**
 * What the tables of a database are, as far as rights need it: which of them belong to a virtual table, and which names
 * are SQLite's own.
 *
 * @module
 */

/** Table-valued functions that read nothing but their arguments, or what every token may know. */
const FUNCTION_TABLE = /^(?:json_each|json_tree|jsonb_each|jsonb_tree|pragma_.*)$/;

export class TableNames {
  /** By name in lower case; true for the tables in which a virtual table keeps its data. */
  readonly #isShadow: ReadonlyMap<string, boolean>;

  /** @param rows name and type of each table, as `PRAGMA table_list` gives them */
  constructor(rows: readonly (readonly [name: string, type: string])[] = []) {
    this.#isShadow = new Map(rows.map(([name, type]) => [lowerCase(name), type === 'shadow']));
  }

  /** The virtual table whose data this one holds; undefined for a table of its own, whatever its name looks like. */
  ownerOf(name: string): string | undefined {
    return this.#isShadow.get(name) === true ? ownerByName(name) : undefined;
  }

  isFunction(name: string): boolean {
    return FUNCTION_TABLE.test(name) && !this.#isShadow.has(name);
  }

  /** A table that is there already and that SQLite would count as part of a new virtual table of this name. */
  hasInTheWay(name: string): boolean {
    return Array.from(this.#isShadow).some(([other, isShadow]) => !isShadow && ownerByName(other) === name);
  }
}

/** Up to the last underscore, as SQLite reads the names of shadow tables. */
export function ownerByName(name: string): string | undefined {
  const end = name.lastIndexOf('_');
  return end === -1 ? undefined : name.slice(0, end);
}

/** As SQLite compares names: only the letters of ASCII have two cases. */
export function lowerCase(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
