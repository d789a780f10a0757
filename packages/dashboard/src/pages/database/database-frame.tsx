import './database.css';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { databaseQuery } from '../../data/queries.ts';
import { Failure } from '../../ui/failure.tsx';
import { Badge } from '../../ui/panel.tsx';

const TABS = [
  { to: '/o/$org/databases/$database', label: 'Overview' },
  { to: '/o/$org/databases/$database/data', label: 'Data' },
  { to: '/o/$org/databases/$database/sql', label: 'SQL' },
  { to: '/o/$org/databases/$database/branches', label: 'Branches and restore' },
  { to: '/o/$org/databases/$database/settings', label: 'Settings' },
] as const;

/** What all views of one database have in common: its name, its state and the way between them. */
export function DatabaseFrame(): ReactNode {
  const { org, database } = useParams({ from: '/signed-in/o/$org/databases/$database' });
  const { api } = useApp();
  const query = useQuery(databaseQuery(api, org, database));
  return (
    <div className="database-frame">
      <header className="stack-tight">
        <div className="row">
          <h1>{database}</h1>
          {query.data !== undefined && (
            <>
              <Link to="/o/$org/groups/$group" params={{ org, group: query.data.group }} className="small">
                {query.data.group}
              </Link>
              {query.data.delete_protection && <Badge tone="accent">protected</Badge>}
              {query.data.block_reads && <Badge tone="danger">reads blocked</Badge>}
              {query.data.block_writes && <Badge tone="warn">writes blocked</Badge>}
              {query.data.parent !== null && (
                <span className="small muted">
                  branch of{' '}
                  <Link to="/o/$org/databases/$database" params={{ org, database: query.data.parent.name }}>
                    {query.data.parent.name}
                  </Link>
                </span>
              )}
            </>
          )}
        </div>
        <nav className="tabs" aria-label="Database">
          {TABS.map(({ to, label }, index) => (
            <Link
              key={to}
              to={to}
              params={{ org, database }}
              activeOptions={{ exact: index === 0, includeSearch: false }}
            >
              {label}
            </Link>
          ))}
        </nav>
      </header>
      {query.error === null || query.data !== undefined ? (
        <Outlet />
      ) : (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      )}
    </div>
  );
}
