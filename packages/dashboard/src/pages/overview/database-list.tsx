import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useMemo, useRef, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { databasesQuery, organizationUsageQuery } from '../../data/queries.ts';
import { formatBytes, formatCount } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Badge, Empty, Panel } from '../../ui/panel.tsx';

const ROW_PX = 46;

interface Row {
  readonly Name: string;
  readonly DbId: string;
  readonly group: string;
  readonly parent: { readonly name: string } | null;
}

/** All databases, of which only those in sight are in the document. */
export function DatabaseList({ org, onCreate }: { readonly org: string; readonly onCreate: () => void }): ReactNode {
  const { api } = useApp();
  const query = useQuery(databasesQuery(api, org));
  const [words, setWords] = useState('');
  const found = useMemo(
    () => (query.data ?? []).filter(({ Name, group }) => `${Name} ${group}`.includes(words.trim().toLowerCase())),
    [query.data, words],
  );
  return (
    <Panel
      title={query.data === undefined ? 'Databases' : `Databases (${formatCount(query.data.length)})`}
      isFlush
      actions={
        <div className="search">
          <Icon name="search" size={14} />
          <input
            className="input"
            type="search"
            placeholder="Search"
            aria-label="Search databases"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
      }
    >
      <Loaded query={query} lines={6}>
        {(all) =>
          all.length === 0 ? (
            <Empty title="No databases yet">
              <p>A database is ready as soon as it is made, and costs nothing until it is used.</p>
              <Button kind="primary" icon="plus" onClick={onCreate}>
                Make the first one
              </Button>
            </Empty>
          ) : found.length === 0 ? (
            <Empty title={`Nothing is called “${words}”`} />
          ) : (
            <Rows org={org} rows={found} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Rows({ org, rows }: { readonly org: string; readonly rows: readonly Row[] }): ReactNode {
  const { api } = useApp();
  const usage = useQuery(organizationUsageQuery(api, org));
  const sizes = useMemo(
    () => new Map(usage.data?.databases.map(({ uuid, total }) => [uuid, total.storage_bytes])),
    [usage.data],
  );
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  return (
    <div ref={place} className="database-rows" role="region" aria-label="List of databases" tabIndex={-1}>
      <ul className="database-space" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          const size = row === undefined ? undefined : sizes.get(row.DbId);
          return (
            row !== undefined && (
              <li key={row.DbId}>
                <Link
                  className="database-row"
                  style={{ transform: `translateY(${start}px)` }}
                  to="/o/$org/databases/$database"
                  params={{ org, database: row.Name }}
                >
                  <span className="database-name">{row.Name}</span>
                  <span className="row">
                    {row.parent !== null && <Badge>branch of {row.parent.name}</Badge>}
                    <Badge>{row.group}</Badge>
                  </span>
                  <span className="number">{size === undefined ? '' : formatBytes(size)}</span>
                </Link>
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}
