import './route-states.css';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';

import { isUnreachable, messageOf } from '../../data/query-client.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';

const RETRY_MS = 2000;

/** A view that could not be opened. When the server does not answer, it is asked again until it does. */
export function RouteFailure({ error }: ErrorComponentProps): ReactNode {
  if (isUnreachable(error)) {
    return <ServerGone />;
  }
  // After an update of the server the chunks of the page that is still open are gone.
  const isOldPage = /dynamically imported module|Importing a module/i.test(messageOf(error));
  return (
    <main className="route-state">
      <h1>{isOldPage ? 'The page was updated' : 'This view failed'}</h1>
      {!isOldPage && <Failure error={error} />}
      <Button kind="primary" onClick={() => window.location.reload()}>
        Reload
      </Button>
    </main>
  );
}

function ServerGone(): ReactNode {
  const isBack = useServerIsBack();
  useEffect(() => {
    if (isBack) {
      window.location.reload();
    }
  }, [isBack]);
  return (
    <main className="route-state" role="alert">
      <h1>The server does not answer</h1>
      <p className="muted">This page goes on by itself as soon as it does.</p>
    </main>
  );
}

/** Asks the server every two seconds, and is true once it answered. */
export function useServerIsBack(): boolean {
  const [isBack, setIsBack] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => {
      fetch('/health').then(
        ({ ok }) => setIsBack(ok),
        () => undefined,
      );
    }, RETRY_MS);
    return () => clearInterval(timer);
  }, []);
  return isBack;
}

export function NotFound(): ReactNode {
  return (
    <main className="route-state">
      <h1>There is nothing here</h1>
      <p className="muted">The address may be wrong, or what was here is gone.</p>
      <Link to="/">To the overview</Link>
    </main>
  );
}
