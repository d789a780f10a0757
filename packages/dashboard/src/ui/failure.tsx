import './failure.css';
import type { ReactNode } from 'react';

import { messageOf } from '../data/query-client.ts';
import { Button } from './button.tsx';

/** What stands where something could not be read. */
export function Failure({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }): ReactNode {
  return (
    <div className="failure" role="alert">
      <p>{messageOf(error)}</p>
      {onRetry !== undefined && (
        <Button icon="refresh" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A grey place in the size of what is on its way. */
export function Waiting({ lines = 3 }: { readonly lines?: number }): ReactNode {
  return (
    <div className="waiting" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}

export interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly refetch: () => unknown;
}

/** A query's answer when it is there; until then the place for it, or why it will not come. */
export function Loaded<T>({
  query,
  lines = 3,
  children,
}: {
  readonly query: QueryState<T>;
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) {
    return children(query.data);
  }
  return query.error === null ? (
    <Waiting lines={lines} />
  ) : (
    <Failure error={query.error} onRetry={() => void query.refetch()} />
  );
}
