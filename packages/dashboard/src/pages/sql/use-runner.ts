/**
 * Runs statements one by one on a connection that stays, so that a transaction spans several clicks.
 *
 * @module
 */
import { useEffect, useRef, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { type DatabaseRef, SqlStream } from '../../data/database-access.ts';
import { messageOf } from '../../data/query-client.ts';
import type { StatementResult } from '../../lib/hrana.ts';
import { type PlanStep, planTree } from '../../lib/plan-tree.ts';
import { splitStatements } from '../../lib/split-statements.ts';

export type Outcome = { readonly sql: string; readonly totalMs: number } & (
  | { readonly kind: 'result'; readonly result: StatementResult }
  | { readonly kind: 'plan'; readonly steps: readonly PlanStep[] }
  | { readonly kind: 'error'; readonly message: string }
);

export interface Runner {
  readonly outcomes: readonly Outcome[];
  readonly isRunning: boolean;
  readonly isInTransaction: boolean;
  readonly run: (text: string, mode: 'run' | 'explain') => Promise<void>;
  readonly stop: () => void;
}

export function useRunner({ org, name, instance }: DatabaseRef): Runner {
  const { databases } = useApp();
  const [outcomes, setOutcomes] = useState<readonly Outcome[]>([]);
  const [isRunning, setIsRunning] = useState(false);
  const [isInTransaction, setIsInTransaction] = useState(false);
  const stream = useRef<SqlStream>(undefined);
  const stopper = useRef<AbortController>(undefined);
  useEffect(
    () => () => {
      stream.current?.[Symbol.dispose]();
      stream.current = undefined;
      setIsInTransaction(false);
    },
    [org, name, instance],
  );

  const run = async (text: string, mode: 'run' | 'explain'): Promise<void> => {
    const connection = (stream.current ??= new SqlStream(databases, { org, name, instance }));
    const abort = new AbortController();
    stopper.current = abort;
    setIsRunning(true);
    setOutcomes([]);
    for (const { sql } of splitStatements(text)) {
      const startMs = performance.now();
      let outcome: Outcome;
      try {
        const statement = { sql: mode === 'explain' ? `EXPLAIN QUERY PLAN ${sql}` : sql };
        const result = await connection.execute(statement, { signal: abort.signal });
        const totalMs = performance.now() - startMs;
        outcome =
          mode === 'explain'
            ? { kind: 'plan', sql, totalMs, steps: planTree(result.rows) }
            : { kind: 'result', sql, totalMs, result };
      } catch (error) {
        const message = abort.signal.aborted
          ? 'Stopped. The server ends the statement at its time limit.'
          : messageOf(error);
        outcome = { kind: 'error', sql, totalMs: performance.now() - startMs, message };
        if (abort.signal.aborted) {
          // Nobody knows what this connection is doing now.
          stream.current = undefined;
        }
      }
      setOutcomes((before) => [...before, outcome]);
      if (outcome.kind === 'error') {
        break;
      }
    }
    setIsInTransaction((await stream.current?.isInTransaction().catch(() => false)) ?? false);
    setIsRunning(false);
  };
  return { outcomes, isRunning, isInTransaction, run, stop: () => stopper.current?.abort() };
}
