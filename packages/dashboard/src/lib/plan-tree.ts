/**
 * The answer of EXPLAIN QUERY PLAN as the tree that it is.
 *
 * @module
 */
import type { Cell } from './hrana.ts';

export interface PlanStep {
  readonly detail: string;
  /** It reads a whole table, which may be slow. */
  readonly isScan: boolean;
  readonly children: readonly PlanStep[];
}

/** @param rows id, parent, an unused number, detail */
export function planTree(rows: readonly (readonly Cell[])[]): PlanStep[] {
  const childrenOf = Map.groupBy(rows, ([, parent]) => Number(parent));
  const grow = (parent: number): PlanStep[] =>
    (childrenOf.get(parent) ?? []).map(([id, , , detail]) => {
      const text = typeof detail === 'string' ? detail : '';
      return {
        detail: text,
        isScan: /^SCAN (?!CONSTANT)/.test(text) && !/ USING /.test(text),
        children: grow(Number(id)),
      };
    });
  return grow(0);
}
