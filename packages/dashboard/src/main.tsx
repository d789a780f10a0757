/**
 * Starts the page: makes the parts that all views share and hands them in.
 *
 * @module
 */
import './styles/tokens.css';
import './styles/base.css';
import { ApiClient } from '@skerry/contract/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { z } from 'zod';

import { type App, AppContext } from './app-context.ts';
import { DatabaseAccess } from './data/database-access.ts';
import { createQueryClient } from './data/query-client.ts';
import { Reachability } from './data/reachability.ts';
import { Session } from './data/session.ts';
import { applyTheme, chosenTheme } from './lib/theme.ts';
import { createPageRouter } from './router.tsx';
import { ToastList, Toasts } from './ui/toasts.tsx';

// The page's policy allows no code from text, which zod would otherwise try.
z.config({ jitless: true });
applyTheme(chosenTheme());

const session = new Session();
// No token: the browser adds the session's cookie.
const api = new ApiClient({ url: window.location.origin, token: () => undefined });
const databases = new DatabaseAccess(api);
const toasts = new Toasts();
const reachability = new Reachability();
const queryClient = createQueryClient(onSignedOut, () => reachability.gone());
const app: App = { api, session, queryClient, databases, toasts, reachability };
const router = createPageRouter(app);

function onSignedOut(): void {
  const { pathname, href } = router.state.location;
  if (session.isKnown && pathname !== '/sign-in') {
    session.forget();
    databases.forget();
    queryClient.removeQueries({ queryKey: ['user'] });
    void router.navigate({ to: '/sign-in', search: { next: href, reason: 'expired' } });
  }
}

const place = document.querySelector('#page');
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <AppContext value={app}>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
          <ToastList toasts={toasts} />
        </QueryClientProvider>
      </AppContext>
    </StrictMode>,
  );
}
