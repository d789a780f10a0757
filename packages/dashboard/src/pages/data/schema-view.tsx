import type { ReactNode } from 'react';

import type { Table } from '../../data/schema.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Badge, Panel } from '../../ui/panel.tsx';
import { SchemaPicture } from './schema-picture.tsx';

/** One table in full, and how all tables refer to each other. */
export function SchemaView({
  tables,
  current,
}: {
  readonly tables: readonly Table[];
  readonly current: string | undefined;
}): ReactNode {
  const table = tables.find(({ name }) => name === current);
  return (
    <div className="stack">
      {table !== undefined && <TableSchema table={table} />}
      <SchemaPicture tables={tables} current={current} />
    </div>
  );
}

function TableSchema({ table }: { readonly table: Table }): ReactNode {
  const foreign = new Map(
    table.foreignKeys.flatMap((key) => key.from.map((name, at) => [name, `${key.table}.${key.to[at] || 'key'}`])),
  );
  return (
    <>
      <Panel title={`${table.name}: columns`} isFlush>
        <table className="table">
          <thead>
            <tr>
              <th>Name</th>
              <th>Type</th>
              <th>Default</th>
              <th>
                <span className="visually-hidden">Properties</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {table.columns.map((column) => (
              <tr key={column.name}>
                <td>
                  <strong>{column.name}</strong>
                </td>
                <td className="mono">{column.type}</td>
                <td className="mono">{column.defaultValue}</td>
                <td>
                  <span className="row">
                    {column.keyPlace > 0 && <Badge tone="accent">primary key</Badge>}
                    {column.isNotNull && <Badge>not null</Badge>}
                    {column.isGenerated && <Badge>generated</Badge>}
                    {foreign.has(column.name) && <Badge tone="good">→ {foreign.get(column.name)}</Badge>}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Panel>
      {table.indexes.length > 0 && (
        <Panel title="Indexes" isFlush>
          <table className="table">
            <tbody>
              {table.indexes.map((index) => (
                <tr key={index.name}>
                  <td>{index.name}</td>
                  <td className="mono">{index.columns.join(', ')}</td>
                  <td>{index.isUnique && <Badge tone="accent">unique</Badge>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
      <Panel title="Definition" actions={<CopyButton text={table.sql} />}>
        <pre className="schema-sql" tabIndex={0} aria-label="Definition">
          {table.sql}
        </pre>
      </Panel>
    </>
  );
}
