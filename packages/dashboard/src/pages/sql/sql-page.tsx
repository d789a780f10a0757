import './sql.css';
import type { EditorView } from '@codemirror/view';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ReactNode, useMemo, useRef, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { instancesQuery } from '../../data/queries.ts';
import { schemaQuery } from '../../data/schema.ts';
import { addToHistory, readHistory } from '../../data/sql-history.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Menu } from '../../ui/menu.tsx';
import { Badge } from '../../ui/panel.tsx';
import { Editor } from './editor.tsx';
import { OutcomeView } from './outcome-view.tsx';
import { useRunner } from './use-runner.ts';

export function SqlPage(): ReactNode {
  const { org, database } = useParams({ from: '/signed-in/o/$org/databases/$database/sql' });
  const { instance } = useSearch({ from: '/signed-in/o/$org/databases/$database/sql' });
  const navigate = useNavigate({ from: '/o/$org/databases/$database/sql' });
  const { api, databases } = useApp();
  const queryClient = useQueryClient();
  const schema = useQuery(schemaQuery(databases, { org, name: database }));
  const instances = useQuery(instancesQuery(api, org, database));
  const [history, setHistory] = useState(() => readHistory(org, database));
  const view = useRef<EditorView>(undefined);
  const runner = useRunner({ org, name: database, instance });
  const tables = useMemo(
    () => Object.fromEntries((schema.data ?? []).map((table) => [table.name, table.columns.map(({ name }) => name)])),
    [schema.data],
  );

  const run = async (text: string, mode: 'run' | 'explain'): Promise<void> => {
    if (text.trim() === '' || runner.isRunning) {
      return;
    }
    setHistory(addToHistory(org, database, text.trim()));
    await runner.run(text, mode);
    if (mode === 'run') {
      // It may have changed rows and tables.
      await queryClient.invalidateQueries({ queryKey: ['data', org, database] });
    }
  };
  const runFromEditor = (mode: 'run' | 'explain'): void => {
    const state = view.current?.state;
    if (state !== undefined) {
      const { from, to } = state.selection.main;
      void run(from === to ? state.doc.toString() : state.sliceDoc(from, to), mode);
    }
  };
  const show = (text: string): void => {
    view.current?.dispatch({ changes: { from: 0, to: view.current.state.doc.length, insert: text } });
    view.current?.focus();
  };

  return (
    <div className="sql">
      <div className="row row-apart">
        <div className="row">
          <Button kind="primary" icon="play" disabled={runner.isRunning} onClick={() => runFromEditor('run')}>
            Run
          </Button>
          <Button icon="branch" disabled={runner.isRunning} onClick={() => runFromEditor('explain')}>
            Explain
          </Button>
          {runner.isRunning && (
            <Button icon="close" onClick={runner.stop}>
              Stop
            </Button>
          )}
          {runner.isInTransaction && (
            <>
              <Badge tone="warn">transaction open</Badge>
              <Button onClick={() => void runner.run('COMMIT', 'run')}>Commit</Button>
              <Button onClick={() => void runner.run('ROLLBACK', 'run')}>Roll back</Button>
            </>
          )}
          <span className="small muted sql-hint">Ctrl+Enter runs; with a selection, only that</span>
        </div>
        <div className="row">
          <Menu
            label="History"
            side="end"
            triggerClassName="button"
            trigger={
              <>
                <Icon name="log" /> History
              </>
            }
          >
            {history.length === 0 && <p className="menu-heading">Nothing was run in this tab yet</p>}
            {history.map(({ sql, at }) => (
              <button key={at} type="button" role="menuitem" className="sql-history" onClick={() => show(sql)}>
                {sql}
              </button>
            ))}
          </Menu>
          <select
            className="input sql-instance"
            aria-label="Instance"
            value={instance ?? ''}
            onChange={(event) =>
              void navigate({
                search: event.target.value === '' ? {} : { instance: event.target.value },
                replace: true,
              })
            }
          >
            <option value="">primary</option>
            {instances.data
              ?.filter(({ type }) => type === 'replica')
              .map(({ region }) => (
                <option key={region} value={region}>
                  {region} (replica)
                </option>
              ))}
          </select>
        </div>
      </div>
      <Editor
        key={database}
        initialText={history[0]?.sql ?? 'SELECT name, type FROM sqlite_schema;'}
        tables={tables}
        onRun={(text, selection) => void run(selection === '' ? text : selection, 'run')}
        onReady={(editor) => {
          view.current = editor;
        }}
      />
      <div className="outcomes" aria-live="polite">
        {runner.outcomes.map((outcome, index) => (
          <OutcomeView key={index} outcome={outcome} />
        ))}
      </div>
    </div>
  );
}
