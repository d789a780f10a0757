import './overview.css';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { organizationUsageQuery } from '../../data/queries.ts';
import { organizationHistoryQuery, type SpanName, SPANS } from '../../data/usage-history.ts';
import { formatBytes, formatShort } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { PageHead, Panel } from '../../ui/panel.tsx';
import { Segments } from '../../ui/segments.tsx';
import { UsageChart } from '../../ui/usage-chart.tsx';
import { CreateDatabase } from './create-database.tsx';
import { DatabaseList } from './database-list.tsx';
import { GroupList } from './group-list.tsx';
import { RecentChanges } from './recent-changes.tsx';

export function OverviewPage(): ReactNode {
  const { org } = useParams({ from: '/signed-in/o/$org/' });
  const [isCreating, setIsCreating] = useState(false);
  return (
    <div className="stack">
      <PageHead
        title="Overview"
        actions={
          <Button kind="primary" icon="plus" onClick={() => setIsCreating(true)}>
            New database
          </Button>
        }
      />
      <Totals org={org} />
      <div className="columns">
        <DatabaseList org={org} onCreate={() => setIsCreating(true)} />
        <div className="stack">
          <UsagePanel org={org} />
          <GroupList org={org} />
          <RecentChanges org={org} />
        </div>
      </div>
      {isCreating && <CreateDatabase org={org} onClose={() => setIsCreating(false)} />}
    </div>
  );
}

function Totals({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const { data } = useQuery(organizationUsageQuery(api, org));
  const usage = data?.usage;
  const totals = [
    ['Databases', usage && formatShort(usage.databases)],
    ['Stored', usage && formatBytes(usage.storage_bytes)],
    ['Rows read this month', usage && formatShort(usage.rows_read)],
    ['Rows written this month', usage && formatShort(usage.rows_written)],
    ['Synced this month', usage && formatBytes(usage.bytes_synced)],
  ] as const;
  return (
    <dl className="totals">
      {totals.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value ?? '–'}</dd>
        </div>
      ))}
    </dl>
  );
}

function UsagePanel({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const [span, setSpan] = useState<SpanName>('day');
  const query = useQuery(organizationHistoryQuery(api, org, span));
  const choices = { day: SPANS.day.label, week: SPANS.week.label, month: SPANS.month.label };
  return (
    <Panel title="Usage" actions={<Segments label="Time span" choices={choices} value={span} onChange={setSpan} />}>
      <UsageChart query={query} />
    </Panel>
  );
}
