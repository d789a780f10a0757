/**
 * The views and their addresses. Each is a chunk of its own, fetched when somebody points at a link to it.
 *
 * @module
 */
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';

import type { App } from './app-context.ts';
import { organizationsQuery, userQuery } from './data/queries.ts';
import { isSignedOut } from './data/query-client.ts';
import { auditSearch, dataSearch, sqlSearch } from './lib/search.ts';
import { NotFound, RouteFailure } from './pages/shell/route-states.tsx';
import { Shell } from './pages/shell/shell.tsx';
import { SignInPage } from './pages/sign-in/sign-in-page.tsx';
import { Waiting } from './ui/failure.tsx';

const root = createRootRouteWithContext<App>()({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  // A place of this page and no other, so that a link cannot lead elsewhere after the sign-in.
  validateSearch: ({ next, reason }: Record<string, unknown>) => ({
    ...(typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {}),
    ...(reason === 'expired' ? { reason: 'expired' as const } : {}),
  }),
  component: SignInPage,
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(userQuery(context.api));
      context.session.accepted();
    } catch (error) {
      if (isSignedOut(error)) {
        throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href } });
      }
      throw error;
    }
  },
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: async ({ context }) => {
    const organizations = await context.queryClient.ensureQueryData(organizationsQuery(context.api));
    const first = organizations.find(({ type }) => type === 'personal') ?? organizations[0];
    if (first !== undefined) {
      throw redirect({ to: '/o/$org', params: { org: first.slug } });
    }
  },
  component: NotFound,
});

const organization = createRoute({ getParentRoute: () => signedIn, path: '/o/$org', component: Shell });

const overview = createRoute({
  getParentRoute: () => organization,
  path: '/',
  component: lazyRouteComponent(
    async () => await fetched(import('./pages/overview/overview-page.tsx')),
    'OverviewPage',
  ),
});

const group = createRoute({
  getParentRoute: () => organization,
  path: '/groups/$group',
  component: lazyRouteComponent(async () => await fetched(import('./pages/group/group-page.tsx')), 'GroupPage'),
});

const database = createRoute({
  getParentRoute: () => organization,
  path: '/databases/$database',
  component: lazyRouteComponent(
    async () => await fetched(import('./pages/database/database-frame.tsx')),
    'DatabaseFrame',
  ),
});

const databaseHome = createRoute({
  getParentRoute: () => database,
  path: '/',
  component: lazyRouteComponent(
    async () => await fetched(import('./pages/database/database-page.tsx')),
    'DatabasePage',
  ),
});

const data = createRoute({
  getParentRoute: () => database,
  path: '/data',
  validateSearch: dataSearch,
  component: lazyRouteComponent(async () => await fetched(import('./pages/data/data-page.tsx')), 'DataPage'),
});

const sql = createRoute({
  getParentRoute: () => database,
  path: '/sql',
  validateSearch: sqlSearch,
  component: lazyRouteComponent(async () => await fetched(import('./pages/sql/sql-page.tsx')), 'SqlPage'),
});

const branches = createRoute({
  getParentRoute: () => database,
  path: '/branches',
  component: lazyRouteComponent(
    async () => await fetched(import('./pages/database/branches-page.tsx')),
    'BranchesPage',
  ),
});

const databaseSettings = createRoute({
  getParentRoute: () => database,
  path: '/settings',
  component: lazyRouteComponent(
    async () => await fetched(import('./pages/database/database-settings-page.tsx')),
    'DatabaseSettingsPage',
  ),
});

const members = createRoute({
  getParentRoute: () => organization,
  path: '/members',
  component: lazyRouteComponent(async () => await fetched(import('./pages/members/members-page.tsx')), 'MembersPage'),
});

const tokens = createRoute({
  getParentRoute: () => organization,
  path: '/tokens',
  component: lazyRouteComponent(async () => await fetched(import('./pages/tokens/tokens-page.tsx')), 'TokensPage'),
});

const audit = createRoute({
  getParentRoute: () => organization,
  path: '/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(async () => await fetched(import('./pages/audit/audit-page.tsx')), 'AuditPage'),
});

const settings = createRoute({
  getParentRoute: () => organization,
  path: '/settings',
  component: lazyRouteComponent(
    async () => await fetched(import('./pages/settings/settings-page.tsx')),
    'SettingsPage',
  ),
});

const server = createRoute({
  getParentRoute: () => organization,
  path: '/server',
  component: lazyRouteComponent(async () => await fetched(import('./pages/server/server-page.tsx')), 'ServerPage'),
});

const account = createRoute({
  getParentRoute: () => organization,
  path: '/account',
  component: lazyRouteComponent(async () => await fetched(import('./pages/account/account-page.tsx')), 'AccountPage'),
});

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([
    home,
    organization.addChildren([
      overview,
      group,
      database.addChildren([databaseHome, data, sql, branches, databaseSettings]),
      members,
      tokens,
      audit,
      settings,
      server,
      account,
    ]),
  ]),
]);

/**
 * A view's code, or why it did not come. The router answers a failed import with a reload, which is right after an
 * update of the server and wrong while there is no server to reload from.
 */
async function fetched<Module>(module: Promise<Module>): Promise<Module> {
  try {
    return await module;
  } catch (error) {
    const isThere = await fetch('/health').then(
      () => true,
      () => false,
    );
    throw isThere ? error : new TypeError('the server does not answer', { cause: error });
  }
}

export function createPageRouter(context: App) {
  return createRouter({
    routeTree,
    context,
    defaultPreload: 'intent',
    defaultPendingMs: 150,
    defaultPendingComponent: Waiting,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: NotFound,
    // Only what a view reads itself reaches it.
    search: { strict: true },
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createPageRouter>;
  }
}
