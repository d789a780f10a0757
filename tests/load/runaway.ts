/**
 * What the neighbours of an endless query notice: latencies of point selects on other databases, alone and beside it.
 *
 * @module
 */
import { latenciesOf, type Latencies } from './statistics.ts';
import { DATABASES, type Target } from './targets.ts';

const ENDLESS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';

export interface RunawayFigures {
  readonly alone: Latencies;
  readonly beside: Latencies;
  readonly report: readonly string[];
}

export async function neighboursOfRunaway(target: Target, seconds: number): Promise<RunawayFigures> {
  const alone = await neighbourLatencies(target, seconds);
  const stop = new AbortController();
  const runaway = execute(target, 0, ENDLESS, stop.signal).catch(() => undefined);
  const beside = await neighbourLatencies(target, seconds);
  stop.abort();
  await runaway;
  return {
    alone,
    beside,
    report: [
      `select on ${DATABASES - 1} other databases   p50 ms  p99 ms  max ms`,
      `  alone                        ${figures(alone)}`,
      `  beside an endless query      ${figures(beside)}`,
    ],
  };
}

async function neighbourLatencies(target: Target, seconds: number): Promise<Latencies> {
  const latenciesMs: number[] = [];
  const end = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: DATABASES - 1 }, async (_, index) => {
      for (let begin = performance.now(); begin < end; begin = performance.now()) {
        await execute(target, index + 1, 'SELECT 1');
        latenciesMs.push(performance.now() - begin);
      }
    }),
  );
  return latenciesOf(latenciesMs);
}

async function execute(target: Target, database: number, sql: string, signal?: AbortSignal): Promise<void> {
  const response = await fetch(`${target.databaseUrl(database)}/v2/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.token}` },
    body: JSON.stringify({ requests: [{ type: 'execute', stmt: { sql } }, { type: 'close' }] }),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(text);
  }
}

function figures({ p50Ms, p99Ms, maxMs }: Latencies): string {
  return [p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(2).padStart(6)).join('  ');
}
