import { type ReactNode, useMemo } from 'react';

import type { Table } from '../../data/schema.ts';
import { schemaGraph } from '../../lib/schema-graph.ts';
import { Panel } from '../../ui/panel.tsx';

const BOX = { width: 170, height: 34, gapX: 70, gapY: 16 };

/** Tables as boxes, foreign keys as lines from who refers to what is referred to. */
export function SchemaPicture({
  tables,
  current,
}: {
  readonly tables: readonly Table[];
  readonly current: string | undefined;
}): ReactNode {
  const graph = useMemo(
    () => schemaGraph(tables.map(({ name, foreignKeys }) => ({ name, refersTo: foreignKeys.map((key) => key.table) }))),
    [tables],
  );
  if (graph.nodes.length === 0) {
    return null;
  }
  const at = new Map(
    graph.nodes.map(({ name, column, row }) => [
      name,
      { x: column * (BOX.width + BOX.gapX) + 4, y: row * (BOX.height + BOX.gapY) + 4 },
    ]),
  );
  const width = graph.columns * (BOX.width + BOX.gapX) - BOX.gapX + 8;
  const height = graph.rows * (BOX.height + BOX.gapY) + 8;
  return (
    <Panel title="Foreign keys">
      <div className="schema-graph" tabIndex={0} role="region" aria-label="Picture of the foreign keys">
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={graph.edges.map(({ from, to }) => `${from} refers to ${to}`).join('; ')}
        >
          {graph.edges.map(({ from, to }) => {
            const start = at.get(from);
            const end = at.get(to);
            if (start === undefined || end === undefined) {
              return null;
            }
            const [x1, y1, x2, y2] = [start.x, start.y + BOX.height / 2, end.x + BOX.width, end.y + BOX.height / 2];
            const bend = Math.max(30, (x1 - x2) / 2);
            return (
              <path
                key={`${from} ${to}`}
                className="schema-edge"
                d={`M${x1},${y1} C${x1 - bend},${y1} ${x2 + bend},${y2} ${x2},${y2}`}
              />
            );
          })}
          {[...at].map(([name, { x, y }]) => (
            <g key={name} className={name === current ? 'schema-node schema-here' : 'schema-node'}>
              <rect x={x} y={y} width={BOX.width} height={BOX.height} rx={7} />
              <text x={x + 12} y={y + 22}>
                {name.length > 21 ? `${name.slice(0, 20)}…` : name}
              </text>
            </g>
          ))}
        </svg>
      </div>
    </Panel>
  );
}
