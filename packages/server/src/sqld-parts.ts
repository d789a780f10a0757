/**
 * Puts together what locations that are sqld servers need, from the configuration.
 *
 * @module
 */
import path from 'node:path';

import type { Logger } from 'pino';

import { relayKey } from './access/relay-key.ts';
import { RelayTokens } from './access/relay-tokens.ts';
import type { StoredKey } from './access/signing-keys.ts';
import type { BottomlessSettings, ServerConfig, SqldFleetSettings } from './config.ts';
import { BottomlessHistory } from './placement/sqld/bottomless.ts';
import { locationsOfFleets, readFleetsFile } from './placement/sqld/fleets-file.ts';
import { SqldFleets } from './placement/sqld/fleets.ts';
import { LocalFleet } from './placement/sqld/local-fleet.ts';
import { SqldEngine } from './placement/sqld/sqld-engine.ts';
import { SqldStatistics } from './placement/sqld/statistics.ts';
import type { HostEvent } from './relay/messages.ts';
import { settledOnce } from './store/once.ts';
import type { Store } from './store/store.ts';

export interface SqldParts {
  readonly fleets: SqldFleets;
  readonly engine: SqldEngine;
  readonly tokens: RelayTokens;
  /** To be stopped before the servers and whoever hears of its events. */
  readonly statistics: SqldStatistics;
  /** The embedded ones and those of the fleets. */
  readonly locations: ReadonlyMap<string, string>;
  /** Ends the servers that were started here. */
  kill(): void;
}

/** @throws StartupError */
export async function startSqld(
  config: Pick<ServerConfig, 'dataDir' | 'hosts' | 'locations' | 'sqld'>,
  store: Store,
  onEvent: (event: HostEvent) => void,
  log: Logger,
  undo: (() => void | Promise<void>)[],
): Promise<SqldParts> {
  const folder = path.join(config.dataDir, 'sqld');
  const tokens = new RelayTokens(await gatewayKey(folder, store));
  const settings: SqldFleetSettings[] = [];
  if (config.sqld?.fleetsFile !== undefined) {
    settings.push(...(await readFleetsFile(config.sqld.fleetsFile)));
  }
  let local: LocalFleet | undefined;
  if (config.sqld?.local !== undefined) {
    const gatewayKeyFile = path.join(folder, 'gateway-key.pem');
    const { maxOpenDatabases } = config.hosts;
    const fleet = new LocalFleet({ settings: config.sqld.local, folder, gatewayKeyFile, maxOpenDatabases, log });
    undo.push(async () => await fleet.stop());
    settings.push(await fleet.start());
    local = fleet;
  }
  const fleets = new SqldFleets(settings, log, { historyOf: await historiesFor(settings) });
  undo.push(async () => await fleets.stop());
  await fleets.start();
  const statistics = new SqldStatistics(onEvent, log);
  return {
    fleets,
    tokens,
    statistics,
    engine: new SqldEngine({
      fleets,
      statistics,
      isDurable: config.hosts.synchronous === 'full',
      gatewayKeyPem: tokens.publicKeyPem,
      tokenFor: (databaseId) => tokens.fullTokenFor(databaseId),
      log,
    }),
    locations: locationsOfFleets(settings, config.locations),
    kill: () => local?.kill(),
  };
}

/** What speaks to object stores is loaded only where there is one. */
async function historiesFor(
  settings: readonly SqldFleetSettings[],
): Promise<(settings: BottomlessSettings) => BottomlessHistory> {
  if (settings.every(({ bottomless }) => bottomless === undefined)) {
    return () => {
      throw new Error('no fleet has a history');
    };
  }
  const { ObjectStore } = await import('./backup/object-store.ts');
  return ({ databaseId, bucket, endpoint, region, credentials }) => {
    const target = { bucket, prefix: '', endpoint, region, ...(credentials === undefined ? {} : { credentials }) };
    return new BottomlessHistory(new ObjectStore(target), databaseId);
  };
}

/** One for all processes that share the store. */
export async function gatewayKey(folder: string, store: Pick<Store, 'db'>): Promise<StoredKey> {
  return await relayKey(folder, async (key) => {
    const settled = await settledOnce(store.db, 'gateway_key', JSON.stringify(key));
    return JSON.parse(settled) as StoredKey;
  });
}
