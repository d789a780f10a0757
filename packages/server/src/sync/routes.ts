/**
 * The paths on a database's address that copies of it use.
 *
 * @module
 */
import type { Route } from '../hrana/http/routes.ts';
import { exportBase, info, pull } from './generations.ts';
import { streaming, unary } from './grpc/grpc-web.ts';
import { ProxyStreams } from './grpc/proxy-streams.ts';
import { describe, execute } from './grpc/proxy.ts';
import { batchLogEntries, hello, snapshot } from './grpc/replication-log.ts';
import { pullUpdates } from './pull-updates.ts';
import { Pushes } from './push.ts';

/** For one host. */
export function syncRoutes(): readonly Route[] {
  const pushes = new Pushes();
  const streams = new ProxyStreams();
  return [
    { method: 'GET', path: '/info', handle: info },
    { method: 'GET', path: '/export/*', handle: exportBase },
    { method: 'GET', path: '/sync/*/*/*', handle: pull },
    { method: 'POST', path: '/pull-updates', handle: pullUpdates },
    { method: 'POST', path: '/sync/*/*/*', handle: pushes.push },
    { method: 'POST', path: '/sync/*/*/*/*', handle: pushes.push },
    { method: 'POST', path: '/wal_log.ReplicationLog/Hello', handle: unary(hello) },
    { method: 'POST', path: '/wal_log.ReplicationLog/BatchLogEntries', handle: unary(batchLogEntries) },
    { method: 'POST', path: '/wal_log.ReplicationLog/Snapshot', handle: streaming(snapshot) },
    {
      method: 'POST',
      path: '/proxy.Proxy/Execute',
      handle: unary(async (message, request) => await execute(message, request, streams)),
    },
    {
      method: 'POST',
      path: '/proxy.Proxy/Describe',
      handle: unary(async (message, request) => await describe(message, request, streams)),
    },
  ];
}
