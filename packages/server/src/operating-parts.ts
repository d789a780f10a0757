/**
 * Puts together what watches over the server: where each figure comes from, and when the server is ready.
 *
 * @module
 */
import { sql } from 'kysely';

import type { ServerConfig } from './config.ts';
import { Metrics } from './operating/metrics.ts';
import { type MetricsAccess, OperatingRoutes, type Readiness } from './operating/routes.ts';
import type { BackupProcess } from './placement/backup-process.ts';
import type { Placement } from './placement/placement.ts';
import type { SqldParts } from './sqld-parts.ts';
import type { Store } from './store/store.ts';

export interface Operating {
  readonly metrics: Metrics;
  readonly operating: OperatingRoutes;
}

export async function createOperating(
  config: Pick<ServerConfig, 'metrics'>,
  store: Store,
  placement: Placement,
  sqld: SqldParts | undefined,
  openSockets: () => number,
  backup: BackupProcess | undefined,
): Promise<Operating> {
  const metrics = new Metrics({
    openSockets,
    hosts: () => placement.counts,
    backup: () => backup?.status,
    servers: () => sqld?.fleets.servers ?? [],
    databases: async () => {
      const { count } = await store.db
        .selectFrom('databases')
        .where('state', '=', 'ready')
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
  });
  const readiness = async (): Promise<Readiness> => {
    const storeIs = await sql`select 1`.execute(store.db).then(
      () => 'up',
      () => 'down',
    );
    const hostsAre = placement.counts.up > 0 ? 'up' : 'down';
    const servers = (sqld?.fleets.servers ?? []).map(({ location, isUp }) => [
      `sqld ${location}`,
      isUp ? 'up' : 'down',
    ]);
    return {
      ready: storeIs === 'up' && hostsAre === 'up',
      parts: { store: storeIs, hosts: hostsAre, ...Object.fromEntries(servers) },
    };
  };
  return {
    metrics,
    operating: new OperatingRoutes({ metrics, access: accessOf(config.metrics), readiness }),
  };
}

function accessOf(metrics: ServerConfig['metrics']): MetricsAccess {
  return typeof metrics === 'string' ? { kind: metrics } : { kind: 'token', token: metrics.token };
}
