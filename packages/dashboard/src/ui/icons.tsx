/**
 * The page's few icons, drawn for it; each takes the colour of its text and says nothing to screen readers.
 *
 * @module
 */
import type { ReactNode } from 'react';

const PATHS = {
  overview: 'M3 3h6v6H3zM11 3h6v3h-6zM11 8h6v9h-6zM3 11h6v6H3z',
  database:
    'M10 3c4 0 6.5 1.2 6.5 2.7S14 8.4 10 8.4 3.5 7.2 3.5 5.7 6 3 10 3zM3.5 5.7v8.6C3.5 15.8 6 17 10 17s6.5-1.2 6.5-2.7V5.7M3.5 10c0 1.500 2.500 2.700 6.500 2.700s6.500-1.200 6.500-2.700',
  group: 'M10 2.500 17 6v8l-7 3.500L3 14V6zM3 6l7 3.500L17 6M10 9.500v8',
  people:
    'M7.500 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 16.500c0-3 2.500-4.500 5.500-4.500s5.500 1.500 5.500 4.500M13 3.800a3 3 0 0 1 0 5.400M15 12.500c1.900.6 3 2 3 4',
  key: 'M7 13.500a3.500 3.500 0 1 1 3.300-4.700H17v3h-2v2h-2.500v-2h-2.200A3.500 3.500 0 0 1 7 13.500zM6.500 10h.01',
  log: 'M5 3h10v14H5zM7.500 6.500h5M7.500 9.500h5M7.500 12.500h3',
  settings: 'M3 6h8M15 6h2M3 14h2M9 14h8M13 6m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 14m-2 0a2 2 0 1 0 4 0 2 2 0 1 0-4 0',
  server: 'M3 3.500h14v5H3zM3 11.500h14v5H3zM6 6h.01M6 14h.01M9 6h5M9 14h5',
  chevron: 'M6 8l4 4 4-4',
  chevronRight: 'M8 6l4 4-4 4',
  check: 'M4 10.500l4 4 8-9',
  copy: 'M7 7h9v10H7zM4 13V3h9',
  plus: 'M10 4v12M4 10h12',
  close: 'M5 5l10 10M15 5L5 15',
  menu: 'M3 6h14M3 10h14M3 14h14',
  search: 'M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM13 13l4 4',
  sun: 'M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM10 2v2M10 16v2M2 10h2M16 10h2M4.300 4.300l1.400 1.400M14.300 14.300l1.400 1.400M4.300 15.700l1.400-1.400M14.300 5.700l1.400-1.400',
  table: 'M3 4h14v12H3zM3 8h14M3 12h14M8 8v8',
  terminal: 'M3 4h14v12H3zM6 8l2.500 2L6 12M10.500 12.500H14',
  branch:
    'M6 4v12M6 13c0-4 8-1 8-6M6 4m-1.500 0a1.500 1.500 0 1 0 3 0 1.500 1.500 0 1 0-3 0M6 16m-1.500 0a1.500 1.500 0 1 0 3 0 1.500 1.500 0 1 0-3 0M14 6m-1.500 0a1.500 1.500 0 1 0 3 0 1.500 1.500 0 1 0-3 0',
  trash: 'M4 6h12M8 6V3.500h4V6M5.500 6l.8 11h7.400l.8-11M8.500 9v5M11.500 9v5',
  play: 'M6 4l10 6-10 6z',
  download: 'M10 3v10M6 9.500l4 4 4-4M4 17h12',
  upload: 'M10 14V4M6 7.500l4-4 4 4M4 17h12',
  refresh: 'M16 10a6 6 0 1 1-1.800-4.200M16 3v3.500h-3.500',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }): ReactNode {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
