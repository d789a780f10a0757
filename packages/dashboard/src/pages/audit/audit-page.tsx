import './audit.css';
import { AUDIT_CODES } from '@skerry/contract/audit-codes';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { auditQuery, membersQuery } from '../../data/queries.ts';
import { formatAge, formatCount, formatTime } from '../../lib/format.ts';
import type { AuditSearch } from '../../lib/search.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Badge, Empty, PageHead, Panel } from '../../ui/panel.tsx';

const PAGE_SIZE = 100;

export function AuditPage(): ReactNode {
  const { org } = useParams({ from: '/signed-in/o/$org/audit' });
  const search = useSearch({ from: '/signed-in/o/$org/audit' });
  const navigate = useNavigate({ from: '/o/$org/audit' });
  const { api } = useApp();
  const page = search.page ?? 1;
  const query = useQuery(auditQuery(api, org, { ...search, page, pageSize: PAGE_SIZE }));
  const members = useQuery(membersQuery(api, org));
  const change = (changes: AuditSearch): void => {
    // Another filter begins at its first page.
    void navigate({ search: ({ page: _page, ...before }) => ({ ...before, ...changes }), replace: true });
  };
  // Whoever has left can still be in the address.
  const authors = [
    ...new Set([...(members.data?.map(({ username }) => username) ?? []), ...(search.author ? [search.author] : [])]),
  ].toSorted();
  return (
    <div className="stack">
      <PageHead title="Audit log" lead="What was changed, when, and by whom" />
      <Panel
        title="Changes"
        isFlush
        actions={
          <>
            <input
              className="input audit-filter"
              type="search"
              placeholder="Search"
              aria-label="Search in the log"
              value={search.text ?? ''}
              onChange={(event) => change({ text: event.target.value })}
            />
            <select
              className="input audit-filter"
              aria-label="Kind of change"
              value={search.code ?? ''}
              onChange={(event) => change({ code: event.target.value })}
            >
              <option value="">All kinds</option>
              {AUDIT_CODES.map((code) => (
                <option key={code}>{code}</option>
              ))}
            </select>
            <select
              className="input audit-filter"
              aria-label="Author"
              value={search.author ?? ''}
              onChange={(event) => change({ author: event.target.value })}
            >
              <option value="">Everybody</option>
              {authors.map((author) => (
                <option key={author}>{author}</option>
              ))}
            </select>
          </>
        }
      >
        <Loaded query={query} lines={8}>
          {({ audit_logs: found, pagination }) => (
            <>
              {found.length === 0 ? (
                <Empty title="No change matches" />
              ) : (
                <table className="table audit">
                  <thead>
                    <tr>
                      <th>When</th>
                      <th>Change</th>
                      <th>What</th>
                      <th>By</th>
                    </tr>
                  </thead>
                  <tbody>
                    {found.map((entry, index) => (
                      <tr key={`${entry.created_at} ${index}`}>
                        <td title={formatAge(entry.created_at, Date.now())}>
                          <time dateTime={entry.created_at}>{formatTime(entry.created_at)}</time>
                        </td>
                        <td>
                          <Badge>{entry.code}</Badge>
                        </td>
                        <td>{entry.message}</td>
                        <td className="muted">
                          {entry.author} {entry.origin === 'cli' && <Badge>cli</Badge>}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
              {pagination.total_pages > 1 && (
                <div className="audit-pages">
                  <Button disabled={page <= 1} onClick={() => change({ page: page - 1 })}>
                    Newer
                  </Button>
                  <span className="small muted">
                    Page {page} of {pagination.total_pages}, {formatCount(pagination.total_rows)} changes
                  </span>
                  <Button disabled={page >= pagination.total_pages} onClick={() => change({ page: page + 1 })}>
                    Older
                  </Button>
                </div>
              )}
            </>
          )}
        </Loaded>
      </Panel>
    </div>
  );
}
