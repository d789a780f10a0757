import type { ReactNode } from 'react';

import { formatAge, formatTime } from '../lib/format.ts';

export interface AgeProps {
  readonly at: string | null | undefined;
  /** Where there is no time. */
  readonly otherwise?: string;
}

/** How long ago, or until when; the exact time for whoever points at it. */
export function Age({ at, otherwise = '' }: AgeProps): ReactNode {
  return at === null || at === undefined ? (
    otherwise
  ) : (
    <time dateTime={at} title={formatTime(at)}>
      {formatAge(at, Date.now())}
    </time>
  );
}
