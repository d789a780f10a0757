import { type ReactNode, useEffect, useSyncExternalStore } from 'react';

import { useApp } from '../../app-context.ts';
import { useServerIsBack } from './route-states.tsx';

/** Above what was read before the server stopped answering; gone as soon as it answers. */
export function ServerBanner(): ReactNode {
  const { reachability } = useApp();
  const isGone = useSyncExternalStore(reachability.subscribe, reachability.isGone);
  return isGone && <Banner />;
}

function Banner(): ReactNode {
  const { queryClient, reachability } = useApp();
  const isBack = useServerIsBack();
  useEffect(() => {
    if (isBack) {
      reachability.back();
      void queryClient.invalidateQueries();
    }
  }, [isBack, queryClient, reachability]);
  return (
    <p className="server-banner" role="alert">
      The server does not answer. What is shown may be old; this page goes on by itself when it does.
    </p>
  );
}
