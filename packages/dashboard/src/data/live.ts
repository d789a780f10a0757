/**
 * Keeps what is shown fresh: the server tells each change in the organization, and what is kept of it is read anew.
 *
 * @module
 */
import { listenToEvents } from '@skerry/contract/operations/events';
import type { QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

import { useApp } from '../app-context.ts';

/** Many changes at once are one refresh. */
const GATHER_MS = 150;

export function useLiveEvents(org: string): void {
  const { queryClient, reachability } = useApp();
  useEffect(() => {
    // The browser opens it again by itself, also after the server was away.
    const source = new EventSource(listenToEvents.path.replace('{organizationSlug}', encodeURIComponent(org)));
    const gathered = gather(() => void refresh(queryClient, org));
    source.addEventListener('change', gathered.call);
    source.addEventListener('error', () => {
      // Closed is refused: by the role, or by the end of the session, which the next question tells.
      if (source.readyState === EventSource.CONNECTING) {
        reachability.gone();
      }
    });
    return () => {
      gathered.cancel();
      source.close();
    };
  }, [org, queryClient, reachability]);
}

async function refresh(queryClient: QueryClient, org: string): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['org', org] }),
    queryClient.invalidateQueries({ queryKey: ['organizations'] }),
  ]);
}

function gather(run: () => void): { call: () => void; cancel: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    call: () => {
      clearTimeout(timer);
      timer = setTimeout(run, GATHER_MS);
    },
    cancel: () => clearTimeout(timer),
  };
}
