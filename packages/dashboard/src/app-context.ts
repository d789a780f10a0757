/**
 * What every view is given: the client of the Platform API, the session, the way to a database's data.
 *
 * @module
 */
import type { ApiClient } from '@skerry/contract/client';
import type { QueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';

import type { DatabaseAccess } from './data/database-access.ts';
import type { Reachability } from './data/reachability.ts';
import type { Session } from './data/session.ts';
import type { Toasts } from './ui/toasts.tsx';

export interface App {
  readonly api: ApiClient;
  readonly session: Session;
  readonly queryClient: QueryClient;
  readonly databases: DatabaseAccess;
  readonly toasts: Toasts;
  readonly reachability: Reachability;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) {
    throw new Error('no App around this component');
  }
  return app;
}
