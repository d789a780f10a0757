/**
 * The paths on a database's address that copies of it use.
 *
 * @module
 */
import type { Route } from '../hrana/http/routes.ts';
import { exportBase, info, pull } from './generations.ts';
import { pullUpdates } from './pull-updates.ts';
import { Pushes } from './push.ts';

/** For one host. */
export function syncRoutes(): readonly Route[] {
  const pushes = new Pushes();
  return [
    { method: 'GET', path: '/info', handle: info },
    { method: 'GET', path: '/export/*', handle: exportBase },
    { method: 'GET', path: '/sync/*/*/*', handle: pull },
    { method: 'POST', path: '/pull-updates', handle: pullUpdates },
    { method: 'POST', path: '/sync/*/*/*', handle: pushes.push },
    { method: 'POST', path: '/sync/*/*/*/*', handle: pushes.push },
  ];
}
