import 'uplot/dist/uPlot.min.css';
import { type ReactNode, useEffect, useRef } from 'react';
import UPlot from 'uplot';

import { formatShort } from '../lib/format.ts';

export interface ChartLine {
  readonly label: string;
  readonly values: readonly number[];
}

export interface ChartProps {
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  /** Unix seconds. */
  readonly times: readonly number[];
  /** At most two, so that colour is enough to tell them apart with the legend. */
  readonly lines: readonly ChartLine[];
}

const HEIGHT = 190;
const COLOURS = ['--accent', '--warn'];

export function LineChart({ label, times, lines }: ChartProps): ReactNode {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = element.current;
    if (place === null) {
      return undefined;
    }
    let plot = draw(place, times, lines);
    const redraw = (): void => {
      plot.destroy();
      plot = draw(place, times, lines);
    };
    const observer = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT }));
    observer.observe(place);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', redraw);
    document.addEventListener('skerry-theme', redraw);
    return () => {
      scheme.removeEventListener('change', redraw);
      document.removeEventListener('skerry-theme', redraw);
      observer.disconnect();
      plot.destroy();
    };
  }, [times, lines]);
  const totals = lines.map((line) => `${line.label} ${line.values.reduce((sum, value) => sum + value, 0)}`);
  return (
    <figure>
      <figcaption className="chart-legend">
        {lines.map((line, index) => (
          <span key={line.label} className={`chart-${index + 1}`}>
            <i />
            {line.label}
          </span>
        ))}
      </figcaption>
      <div ref={element} className="chart" role="img" aria-label={`${label}: ${totals.join(', ')} in all`} />
    </figure>
  );
}

function draw(place: HTMLElement, times: readonly number[], lines: readonly ChartLine[]): UPlot {
  const colour = (token: string): string => {
    // A canvas takes no custom properties: the browser resolves them on an element.
    const probe = document.createElement('span');
    probe.style.color = `var(${token})`;
    place.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const font = '11px ui-sans-serif, system-ui, sans-serif';
  const axis = {
    stroke: colour('--ink-3'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font,
  };
  return new UPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 } },
      scales: { y: { range: (_, __, max) => [0, Math.max(max, 1) * 1.08] } },
      axes: [
        { ...axis, grid: { show: false } },
        { ...axis, size: 48, values: (_, splits) => splits.map((value) => formatShort(value)) },
      ],
      series: [
        {},
        ...lines.map((line, index) => ({
          label: line.label,
          stroke: colour(COLOURS[index] ?? '--ink'),
          width: 2,
          points: { show: false },
          fill: index === 0 ? `color-mix(in srgb, ${colour('--accent')} 9%, transparent)` : '',
        })),
      ],
    },
    [[...times], ...lines.map(({ values }) => [...values])],
    place,
  );
}
