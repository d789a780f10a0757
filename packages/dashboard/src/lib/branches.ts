/**
 * Databases as the tree of what was copied from what.
 *
 * @module
 */
export interface BranchSource {
  readonly Name: string;
  readonly DbId: string;
  readonly parent: { readonly id: string; readonly name: string; readonly branched_at: string } | null;
}

export interface Branch {
  readonly name: string;
  readonly branchedAt: string | undefined;
  readonly children: readonly Branch[];
}

/** The tree that a database is in, from its oldest ancestor that still exists. */
export function branchTree(databases: readonly BranchSource[], name: string): Branch | undefined {
  const byId = new Map(databases.map((database) => [database.DbId, database]));
  const seen = new Set<string>();
  let root = databases.find(({ Name }) => Name === name);
  let parent = byId.get(root?.parent?.id ?? '');
  while (parent !== undefined && !seen.has(parent.DbId)) {
    seen.add(parent.DbId);
    root = parent;
    parent = byId.get(root.parent?.id ?? '');
  }
  const childrenOf = Map.groupBy(databases, ({ parent }) => parent?.id);
  const grow = (database: BranchSource, above: ReadonlySet<string>): Branch => ({
    name: database.Name,
    branchedAt: database.parent?.branched_at,
    children: (childrenOf.get(database.DbId) ?? [])
      .filter(({ DbId }) => !above.has(DbId))
      .map((child) => grow(child, new Set([...above, child.DbId])))
      .toSorted((a, b) => a.name.localeCompare(b.name)),
  });
  return root === undefined ? undefined : grow(root, new Set([root.DbId]));
}
