/**
 * Starts the whole server from one configuration value; the only file that knows all parts.
 *
 * @module
 */
import path from 'node:path';

import type { Logger } from 'pino';

import { createTokenVerifier } from './access/database-tokens.ts';
import type { ServerConfig } from './config.ts';
import { apiTokenPath, claim, keepApiToken } from './data-dir.ts';
import { createAddressCheck } from './gateway/address-check.ts';
import { Admission } from './gateway/admission.ts';
import { ClientAddresses } from './gateway/client-address.ts';
import { DatabaseHttp } from './gateway/database-http.ts';
import { DatabaseSockets } from './gateway/database-socket.ts';
import { Gateway } from './gateway/gateway.ts';
import { Page } from './gateway/page.ts';
import { Targets } from './gateway/target.ts';
import { createOperating, type Operating } from './operating-parts.ts';
import { createLog, LogContext } from './operating/log.ts';
import type { Metrics } from './operating/metrics.ts';
import { RequestFacts } from './operating/request-facts.ts';
import { startTelemetry, type Telemetry } from './operating/telemetry.ts';
import { BackupProcess } from './placement/backup-process.ts';
import { Engines } from './placement/engines.ts';
import { Placement } from './placement/placement.ts';
import { Addresses } from './platform/addresses.ts';
import { DumpFiles } from './platform/dumps/dump-files.ts';
import { listenerOf } from './platform/http/listener.ts';
import { createPlatform } from './platform/platform.ts';
import type { Platform } from './platform/platform.ts';
import type { HostEvent } from './relay/messages.ts';
import { type SqldParts, startSqld } from './sqld-parts.ts';
import { StartupError } from './startup-error.ts';
import { claimDatabasesFolder } from './store/databases-folder.ts';
import { openStore } from './store/store.ts';

/** Requests on their way in the whole server and for one database: far above what a machine can work on at once. */
const REQUESTS_MAX = { total: 4096, perDatabase: 1024 };
/** Sockets are cheap while idle, but each holds memory here and in its host. */
const SOCKETS_MAX = { total: 20_000, perDatabase: 5_000 };

/** Where the build of the web page is; it is made once, after the install. */
const PAGE_FOLDER = path.resolve(import.meta.dirname, '../../dashboard/dist');

export interface RunningServer {
  /** Base URL of the bare address, without a trailing slash: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** The first API token in plain text, only when this start made it. */
  readonly newApiToken: string | undefined;
  /** Where that token is kept. */
  readonly apiTokenPath: string;
  /** Stops taking requests, lets running ones finish, ends the hosts. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

/** @throws StartupError for what a person can mend; errors of `listen` as the system gives them. */
export async function startServer(config: ServerConfig): Promise<RunningServer> {
  const undo: (() => void | Promise<void>)[] = [];
  try {
    return await start(config, undo);
  } catch (error) {
    await runBackwards(undo);
    throw error;
  }
}

/** Each step that took something notes in `undo` how to give it back; a stop is the same list. */
async function start(config: ServerConfig, undo: (() => void | Promise<void>)[]): Promise<RunningServer> {
  const telemetry = config.telemetry ? await startTelemetry() : undefined;
  undo.push(async () => await telemetry?.stop());
  const logContext = new LogContext();
  const log = createLog(config.log, logContext, telemetry?.records);
  const claimed = await claim(config.dataDir);
  undo.push(() => claimed.release());
  const store = await openStore({
    dataDir: config.dataDir,
    url: config.storeUrl,
    onProblem: (error) => log.warn({ err: error }, 'the connection to the store was lost; connecting again'),
  });
  undo.push(() => store.close());
  // Servers that others run can be reached by every process that shares the records; what runs here cannot.
  if (config.locations.size > 0 || config.sqld?.local !== undefined) {
    await claimDatabasesFolder(store, config.dataDir);
  }

  let port = config.listen.port;
  const isSecure = config.network.tls !== undefined;
  const addresses = new Addresses(() => ({ domain: config.domain, port, isSecure }));
  let metrics: Metrics | undefined;
  const placement = new Placement({
    dataDir: config.dataDir,
    settings: config.hosts,
    log,
    onEvent: (event) => {
      if (event.type === 'committed') {
        backup?.committed(event.databaseIds, event.isAwaited);
      } else {
        record(platform, metrics, event);
      }
    },
  });
  const backup = createBackup(config, placement, log);
  const onSqldEvent = (event: HostEvent): void => record(platform, metrics, event);
  const sqld = config.sqld === undefined ? undefined : await startSqld(config, store, onSqldEvent, log, undo);
  const locations = sqld?.locations ?? config.locations;
  refuseUnknownLocations(config, locations);
  const engine =
    sqld === undefined
      ? placement
      : new Engines(placement, sqld.engine, (location) => sqld.fleets.serverAt(location) !== undefined);
  const platform = createPlatform({
    store,
    engine,
    config: { ...config, locations },
    addresses,
    backup,
    dumps: new DumpFiles(path.join(config.dataDir, 'dumps'), config.hosts.maxUploadBytes),
    log,
  });
  undo.push(() => platform.close());
  sqld?.fleets.onReturn(async ({ location }) => await platform.serverIsBack(location));
  undo.push(() => sqld?.statistics.stop());
  const page = await Page.load(PAGE_FOLDER);
  const operating = await createOperating(config, store, placement, sqld, () => gateway.openSockets, backup);
  metrics = operating.metrics;
  const watching = { ...operating, telemetry, log, logContext };
  const gateway = createGateway({ ...config, locations }, addresses, placement, sqld, platform, page, watching);

  ({ port } = await gateway.listen(config.listen.host, config.listen.port));
  undo.push(() => gateway.kill());
  undo.push(() => placement.stop());
  await placement.start();
  backup?.start();
  undo.push(async () => await backup?.stop());
  await platform.recover();
  const { newApiToken } = await platform.bootstrap((token) => keepApiToken(config.dataDir, token));
  gateway.open();

  let stopped: Promise<void> | undefined;
  return {
    url: `${isSecure ? 'https' : 'http'}://${hostInUrl(config.listen.host)}:${port}`,
    port,
    newApiToken,
    apiTokenPath: apiTokenPath(config.dataDir),
    stop() {
      platform.endEvents();
      stopped ??= gateway.close(config.shutdownMs).then(async () => await runBackwards(undo));
      return stopped;
    },
    kill() {
      backup?.kill();
      placement.kill();
      sqld?.kill();
      gateway.kill();
    },
  };
}

/** @throws StartupError */
function refuseUnknownLocations({ clientLocations }: ServerConfig, locations: ReadonlyMap<string, string>): void {
  const unknown = clientLocations.find(({ location }) => !locations.has(location));
  if (unknown !== undefined) {
    throw new StartupError(
      'configuration',
      `Clients at ${unknown.range} are said to be close to ${unknown.location}, which is no location.`,
      `Name one of ${[...locations.keys()].join(', ')} with --client-location.`,
    );
  }
}

interface Watching extends Operating {
  readonly telemetry: Telemetry | undefined;
  readonly log: Logger;
  readonly logContext: LogContext;
}

function createGateway(
  config: ServerConfig,
  addresses: Addresses,
  placement: Placement,
  sqld: SqldParts | undefined,
  platform: Platform,
  page: Page,
  watching: Watching,
): Gateway {
  const { directory } = platform;
  const { log } = watching;
  const requestFacts = new RequestFacts(watching.telemetry);
  const verifier = createTokenVerifier();
  const addressAllowed = createAddressCheck();
  const clients = new ClientAddresses(config.network.trustedProxies);
  return new Gateway({
    targets: new Targets(addresses, directory, config.locations.keys()),
    http: new DatabaseHttp({
      placement,
      sqld,
      verifier,
      directory,
      admission: new Admission(REQUESTS_MAX),
      statementMs: config.hosts.statementMs,
      latencyMs: config.hosts.latencyMs,
      addressAllowed,
      clients,
      placeUpload: async (instance, draft) => {
        await placement.placeUpload(instance, draft);
        await platform.uploadFinished(instance.databaseId);
      },
      log,
      requestFacts,
    }),
    sockets: new DatabaseSockets({
      placement,
      sqld,
      verifier,
      directory,
      admission: new Admission(SOCKETS_MAX),
      statementMs: config.hosts.statementMs,
      latencyMs: config.hosts.latencyMs,
      addressAllowed,
      clients,
      requestFacts,
    }),
    page,
    ...watching,
    requestFacts,
    clients,
    tls: config.network.tls,
    bare: listenerOf(platform.app, log),
  });
}

/** Not started yet: it asks hosts at once. */
function createBackup(
  { dataDir, storeUrl, backup }: ServerConfig,
  placement: Placement,
  log: Logger,
): BackupProcess | undefined {
  if (backup === undefined) {
    return undefined;
  }
  const { environment, ...settings } = backup;
  return new BackupProcess({
    options: { ...settings, dataDir, areRecordsElsewhere: storeUrl !== undefined },
    environment,
    log,
    ask: async (databaseId, command) => await placement.ask(databaseId, command),
    tellHosts: (command) => placement.tell(command),
  });
}

function record(platform: Platform, metrics: Metrics | undefined, event: HostEvent): void {
  if (event.type === 'usage') {
    metrics?.rows(event.rowsRead, event.rowsWritten);
    platform.recordUsage(event);
  } else if (event.type === 'top_query') {
    platform.recordQuery(event);
  }
}

/** Everything is given back, also when one step fails; the first failure is told. */
async function runBackwards(steps: (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps.splice(0).toReversed()) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

function hostInUrl(host: string): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}
