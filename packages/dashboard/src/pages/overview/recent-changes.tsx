import { ApiError } from '@skerry/contract/client';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { auditQuery } from '../../data/queries.ts';
import { formatAge, formatTime } from '../../lib/format.ts';
import { Loaded } from '../../ui/failure.tsx';
import { Empty, Panel } from '../../ui/panel.tsx';

/** The newest entries of the audit log, for those who may read it. */
export function RecentChanges({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const query = useQuery(auditQuery(api, org, { page: 1, pageSize: 8 }));
  if (query.error instanceof ApiError && query.error.status === 403) {
    return null;
  }
  return (
    <Panel
      title="Recent changes"
      isFlush
      actions={
        <Link className="small" to="/o/$org/audit" params={{ org }}>
          All
        </Link>
      }
    >
      <Loaded query={query}>
        {({ audit_logs: entries }) =>
          entries.length === 0 ? (
            <Empty title="Nothing was changed yet" />
          ) : (
            <ul className="changes">
              {entries.map((entry) => (
                <li key={`${entry.created_at} ${entry.code} ${entry.message}`}>
                  <span>{entry.message}</span>
                  <time dateTime={entry.created_at} title={`${formatTime(entry.created_at)} by ${entry.author}`}>
                    {formatAge(entry.created_at, Date.now())}
                  </time>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}
