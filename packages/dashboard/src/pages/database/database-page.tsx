import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { topQueriesQuery } from '../../data/queries.ts';
import { databaseHistoryQuery, type SpanName, SPANS } from '../../data/usage-history.ts';
import { formatCount } from '../../lib/format.ts';
import { Loaded } from '../../ui/failure.tsx';
import { Empty, Panel } from '../../ui/panel.tsx';
import { Segments } from '../../ui/segments.tsx';
import { UsageChart } from '../../ui/usage-chart.tsx';
import { ConnectPanel } from './connect-panel.tsx';
import { InstancesPanel } from './instances-panel.tsx';

interface Of {
  readonly org: string;
  readonly database: string;
}

export function DatabasePage(): ReactNode {
  const { org, database } = useParams({ from: '/signed-in/o/$org/databases/$database/' });
  return (
    <div className="stack">
      <ConnectPanel key={database} org={org} database={database} />
      <InstancesPanel org={org} database={database} />
      <UsagePanel org={org} database={database} />
      <TopQueries org={org} database={database} />
    </div>
  );
}

function UsagePanel({ org, database }: Of): ReactNode {
  const { api } = useApp();
  const [span, setSpan] = useState<SpanName>('day');
  const query = useQuery(databaseHistoryQuery(api, org, database, span));
  const choices = { day: SPANS.day.label, week: SPANS.week.label, month: SPANS.month.label };
  return (
    <Panel title="Usage" actions={<Segments label="Time span" choices={choices} value={span} onChange={setSpan} />}>
      <UsageChart query={query} />
    </Panel>
  );
}

function TopQueries({ org, database }: Of): ReactNode {
  const { api } = useApp();
  const query = useQuery(topQueriesQuery(api, org, database));
  return (
    <Panel title="Heaviest queries of the last 24 hours" isFlush>
      <Loaded query={query}>
        {(queries) =>
          queries.length === 0 ? (
            <Empty title="No queries yet" />
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th>Query</th>
                  <th className="number">Rows read</th>
                  <th className="number">Rows written</th>
                </tr>
              </thead>
              <tbody>
                {queries.slice(0, 10).map((row) => (
                  <tr key={row.query}>
                    <td className="query-text" title={row.query}>
                      {row.query}
                    </td>
                    <td className="number">{formatCount(row.rows_read)}</td>
                    <td className="number">{formatCount(row.rows_written)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Panel>
  );
}
