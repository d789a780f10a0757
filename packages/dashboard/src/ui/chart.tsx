import './chart.css';
import { lazy, type ReactNode, Suspense } from 'react';

import type { ChartProps } from './line-chart.tsx';

const LineChart = lazy(async () => ({ default: (await import('./line-chart.tsx')).LineChart }));

/** Lines over time. The library that draws them is fetched when the first chart is shown. */
export function Chart(props: ChartProps): ReactNode {
  return (
    <Suspense fallback={<div className="chart" />}>
      <LineChart {...props} />
    </Suspense>
  );
}
