import './data.css';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { schemaQuery, type Table } from '../../data/schema.ts';
import { formatShort } from '../../lib/format.ts';
import { Loaded } from '../../ui/failure.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Empty } from '../../ui/panel.tsx';
import { Segments } from '../../ui/segments.tsx';
import { useTableCounts } from './row-count.ts';
import { SchemaView } from './schema-view.tsx';
import { TableView } from './table-view.tsx';

export function DataPage(): ReactNode {
  const { org, database } = useParams({ from: '/signed-in/o/$org/databases/$database/data' });
  const search = useSearch({ from: '/signed-in/o/$org/databases/$database/data' });
  const navigate = useNavigate({ from: '/o/$org/databases/$database/data' });
  const { databases } = useApp();
  const schema = useQuery(schemaQuery(databases, { org, name: database }));
  return (
    <Loaded query={schema} lines={8}>
      {(tables) => {
        if (tables.length === 0) {
          return (
            <Empty title="No tables yet">
              <p>
                Make one on the{' '}
                <Link to="/o/$org/databases/$database/sql" params={{ org, database }}>
                  SQL page
                </Link>
                .
              </p>
            </Empty>
          );
        }
        const table = tables.find(({ name }) => name === search.table) ?? tables[0];
        const view = search.view ?? 'rows';
        return (
          <div className="data">
            <aside className="data-side">
              <Segments
                label="View"
                choices={{ rows: 'Rows', schema: 'Schema' }}
                value={view}
                onChange={(next) =>
                  void navigate({
                    search: {
                      ...(table === undefined ? {} : { table: table.name }),
                      ...(next === 'schema' ? { view: 'schema' as const } : {}),
                    },
                  })
                }
              />
              <TableList org={org} database={database} tables={tables} current={table?.name} view={view} />
            </aside>
            {view === 'schema' ? (
              <SchemaView tables={tables} current={table?.name} />
            ) : (
              table !== undefined && <TableView key={table.name} org={org} database={database} table={table} />
            )}
          </div>
        );
      }}
    </Loaded>
  );
}

interface TableListProps {
  readonly org: string;
  readonly database: string;
  readonly tables: readonly Table[];
  readonly current: string | undefined;
  readonly view: 'rows' | 'schema';
}

function TableList({ org, database, tables, current, view }: TableListProps): ReactNode {
  const { data: counts } = useTableCounts(org, database, tables);
  return (
    <nav aria-label="Tables">
      <ul className="nav-list">
        {tables.map((table) => (
          <li key={table.name}>
            <Link
              to="/o/$org/databases/$database/data"
              params={{ org, database }}
              search={{ table: table.name, ...(view === 'schema' ? { view: 'schema' as const } : {}) }}
              activeProps={{ className: '' }}
              className={table.name === current ? 'active' : ''}
            >
              <Icon name="table" size={14} />
              <span className="nav-name">{table.name}</span>
              <span className="table-count">
                {table.type === 'table' ? shownCount(counts?.get(table.name)) : table.type}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function shownCount(count: number | undefined): string {
  return count === undefined ? '' : formatShort(count);
}
