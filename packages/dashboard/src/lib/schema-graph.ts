/**
 * Where the tables of a schema stand in a picture of its foreign keys: what is referred to left of what refers to it.
 *
 * @module
 */
export interface GraphTable {
  readonly name: string;
  readonly refersTo: readonly string[];
}

export interface GraphNode {
  readonly name: string;
  readonly column: number;
  readonly row: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
}

export interface SchemaGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly columns: number;
  readonly rows: number;
}

/** Only tables with a foreign key, to or from. */
export function schemaGraph(tables: readonly GraphTable[]): SchemaGraph {
  const names = new Map(tables.map((table) => [table.name.toLowerCase(), table]));
  const edges = tables.flatMap(({ name, refersTo }) =>
    [...new Set(refersTo.map((other) => names.get(other.toLowerCase())?.name))]
      .filter((to) => to !== undefined && to !== name)
      .map((to) => ({ from: name, to: to ?? '' })),
  );
  const depthOf = (name: string, above: ReadonlySet<string>): number => {
    const next = edges.filter(({ from, to }) => from === name && !above.has(to));
    return Math.max(0, ...next.map(({ to }) => 1 + depthOf(to, new Set([...above, to]))));
  };
  const linked = tables
    .map(({ name }) => name)
    .filter((name) => edges.some(({ from, to }) => from === name || to === name));
  const byColumn = Map.groupBy(linked, (name) => depthOf(name, new Set([name])));
  const nodes = [...byColumn].flatMap(([column, list]) => list.map((name, row) => ({ name, column, row })));
  return {
    nodes,
    edges,
    columns: Math.max(0, ...nodes.map(({ column }) => column + 1)),
    rows: Math.max(0, ...nodes.map(({ row }) => row + 1)),
  };
}
