import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useRef } from 'react';

import { csvLine, jsonRow } from '../../lib/csv.ts';
import { download } from '../../lib/download.ts';
import { formatCount, formatMs, plural } from '../../lib/format.ts';
import type { StatementResult } from '../../lib/hrana.ts';
import type { PlanStep } from '../../lib/plan-tree.ts';
import { Button } from '../../ui/button.tsx';
import { CellView } from '../../ui/cell.tsx';
import { Failure } from '../../ui/failure.tsx';
import { Badge } from '../../ui/panel.tsx';
import type { Outcome } from './use-runner.ts';

/** What came of one statement. */
export function OutcomeView({ outcome }: { readonly outcome: Outcome }): ReactNode {
  return (
    <section className="outcome" aria-label={`Result of ${outcome.sql.slice(0, 60)}`}>
      <header className="outcome-head">
        <code className="outcome-sql" title={outcome.sql}>
          {outcome.sql}
        </code>
        <span className="small muted">{formatMs(outcome.totalMs)}</span>
      </header>
      {outcome.kind === 'error' && <Failure error={new Error(outcome.message)} />}
      {outcome.kind === 'plan' && (
        <ul className="plan tree">
          {outcome.steps.map((step, index) => (
            <Plan key={index} step={step} />
          ))}
        </ul>
      )}
      {outcome.kind === 'result' && <Result result={outcome.result} />}
    </section>
  );
}

function Plan({ step }: { readonly step: PlanStep }): ReactNode {
  return (
    <li>
      <span className="mono">{step.detail}</span> {step.isScan && <Badge tone="warn">reads the whole table</Badge>}
      {step.children.length > 0 && (
        <ul>
          {step.children.map((child, index) => (
            <Plan key={index} step={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

function Result({ result }: { readonly result: StatementResult }): ReactNode {
  const names = result.columns.map(({ name }) => name);
  const facts = [
    names.length > 0 ? plural(result.rows.length, 'row') : `${plural(result.affectedRows, 'row')} changed`,
    `${formatCount(result.rowsRead)} read`,
    `${formatCount(result.rowsWritten)} written`,
    `${formatMs(result.durationMs)} in the server`,
  ];
  const save = (format: 'csv' | 'json'): void => {
    if (format === 'csv') {
      download('result.csv', [csvLine(names), ...result.rows.map(csvLine)], 'text/csv');
    } else {
      const rows = result.rows.map((row) => jsonRow(names, row));
      download('result.json', ['[', rows.join(',\n'), ']\n'], 'application/json');
    }
  };
  return (
    <>
      <div className="outcome-facts row row-apart">
        <span className="small muted">{facts.join(' · ')}</span>
        {names.length > 0 && (
          <span className="row">
            <Button kind="quiet" icon="download" onClick={() => save('csv')}>
              CSV
            </Button>
            <Button kind="quiet" icon="download" onClick={() => save('json')}>
              JSON
            </Button>
          </span>
        )}
      </div>
      {names.length > 0 && <ResultTable result={result} />}
    </>
  );
}

const ROW_PX = 30;

function ResultTable({ result }: { readonly result: StatementResult }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: result.rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <div ref={place} className="outcome-rows" tabIndex={0} role="region" aria-label="Rows">
      <table>
        <thead>
          <tr>
            {result.columns.map(({ name }, index) => (
              <th key={index} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && (
            <tr aria-hidden="true" style={{ height: before }}>
              <td colSpan={result.columns.length} />
            </tr>
          )}
          {items.map(({ index }) => (
            <tr key={index}>
              {result.rows[index]?.map((cell, at) => (
                <td key={at} className={typeof cell === 'bigint' || typeof cell === 'number' ? 'number' : ''}>
                  <CellView cell={cell} />
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && (
            <tr aria-hidden="true" style={{ height: after }}>
              <td colSpan={result.columns.length} />
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
