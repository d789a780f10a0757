import { createDatabase, getRestoreWindow } from '@skerry/contract/operations/databases';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { databaseQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { formatAge, formatTime } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';

interface RestorePanelProps {
  readonly org: string;
  readonly database: string;
}

/** The database as it was at a time, as a database of its own. */
export function RestorePanel({ org, database }: RestorePanelProps): ReactNode {
  const { api } = useApp();
  const window = useQuery({
    queryKey: ['org', org, 'databases', database, 'restore-window'],
    queryFn: async ({ signal }) =>
      (await api.call(getRestoreWindow, { params: { organizationSlug: org, databaseName: database }, signal }))
        .restore_window,
  });
  return (
    <Panel title="Restore to a point in time">
      <Loaded query={window}>
        {({ earliest, latest }) => (
          <RestoreForm
            key={earliest}
            org={org}
            database={database}
            fromMs={Date.parse(earliest)}
            toMs={Date.parse(latest)}
          />
        )}
      </Loaded>
    </Panel>
  );
}

interface RestoreFormProps extends RestorePanelProps {
  readonly fromMs: number;
  readonly toMs: number;
}

function RestoreForm({ org, database, fromMs, toMs }: RestoreFormProps): ReactNode {
  const { api } = useApp();
  const navigate = useNavigate();
  const info = useQuery(databaseQuery(api, org, database));
  const [atMs, setAtMs] = useState(toMs);
  const [name, setName] = useState(`${database}-restored`);
  const restore = useAction({
    run: async () =>
      await api.call(createDatabase, {
        params: { organizationSlug: org },
        body: {
          name: name.trim(),
          group: info.data?.group,
          seed: { type: 'database', name: database, timestamp: new Date(atMs).toISOString() },
        },
      }),
    refresh: [['org', org]],
    isFailureShown: true,
    after: async (answer) => {
      await navigate({ to: '/o/$org/databases/$database', params: { org, database: answer.database.Name } });
    },
  });
  return (
    <form
      className="stack-tight"
      onSubmit={(event) => {
        event.preventDefault();
        restore.mutate();
      }}
    >
      <p>
        <span className="restore-time">{formatTime(atMs)}</span>{' '}
        <span className="muted">{formatAge(atMs, Date.now())}</span>
      </p>
      <input
        type="range"
        className="restore-slider"
        aria-label="Point in time"
        aria-valuetext={formatTime(atMs)}
        min={fromMs}
        max={toMs}
        step={Math.min(1000, Math.max(1, toMs - fromMs))}
        value={atMs}
        onChange={(event) => setAtMs(Number(event.target.value))}
      />
      <div className="row row-apart small muted">
        <span>{formatTime(fromMs)}</span>
        <span>{formatTime(toMs)}</span>
      </div>
      <TextField
        label="Name of the restored database"
        hint={`A database of its own; ${database} stays as it is.`}
        required
        value={name}
        error={restore.error === null ? undefined : messageOf(restore.error)}
        onChange={(event) => {
          restore.reset();
          setName(event.target.value);
        }}
      />
      <div className="row">
        <Button type="submit" kind="primary" isBusy={restore.isPending}>
          Restore
        </Button>
      </div>
    </form>
  );
}
