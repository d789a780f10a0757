import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';

import type { UsageHistory } from '../data/usage-history.ts';
import { Chart } from './chart.tsx';
import { Loaded } from './failure.tsx';

/** Rows read and written over time. */
export function UsageChart({ query }: { readonly query: UseQueryResult<UsageHistory> }): ReactNode {
  return <Loaded query={query}>{({ points }) => <Points points={points} />}</Loaded>;
}

function Points({ points }: { readonly points: UsageHistory['points'] }): ReactNode {
  const { times, lines } = useMemo(
    () => ({
      times: points.map(({ at }) => Date.parse(at) / 1000),
      lines: [
        { label: 'Rows read', values: points.map((point) => point.rows_read) },
        { label: 'Rows written', values: points.map((point) => point.rows_written) },
      ],
    }),
    [points],
  );
  return <Chart label="Usage" times={times} lines={lines} />;
}
