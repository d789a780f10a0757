/**
 * The sqld servers that placement can name: fleets of one primary and its replicas, each at a location of its own.
 *
 * @module
 */
import type { Logger } from 'pino';

import type { BottomlessSettings, SqldFleetSettings } from '../../config.ts';
import type { BottomlessHistory } from './bottomless.ts';
import { SqldServer } from './sqld-server.ts';

const PROBE_MS = 1_000;

export interface SqldFleet {
  readonly name: string;
  /** Clients may dial the servers themselves: hostnames point there, and namespaces take the clients' own tokens. */
  readonly isDirect: boolean;
  /** What its primary keeps in an object store; undefined where it keeps nothing there. */
  readonly history: BottomlessHistory | undefined;
  readonly primary: SqldServer;
  readonly replicas: readonly SqldServer[];
}

export interface SqldFleetsOptions {
  readonly probeMs?: number;
  readonly historyOf?: (settings: BottomlessSettings) => BottomlessHistory;
}

export class SqldFleets {
  readonly all: readonly SqldFleet[];
  readonly #byLocation = new Map<string, { readonly fleet: SqldFleet; readonly server: SqldServer }>();
  #prepare: (server: SqldServer) => Promise<void> = async () => await Promise.resolve();

  /** The settings' locations are distinct. */
  constructor(settings: readonly SqldFleetSettings[], log: Logger, options: SqldFleetsOptions = {}) {
    const probeMs = options.probeMs ?? PROBE_MS;
    this.all = settings.map(({ name, isDirect, adminKey, bottomless, primary, replicas }) => {
      const beforeUp = async (server: SqldServer): Promise<void> => await this.#prepare(server);
      const common = { adminKey, probeMs, log, beforeUp };
      return {
        name,
        isDirect,
        history: bottomless === undefined ? undefined : options.historyOf?.(bottomless),
        primary: new SqldServer({ ...common, settings: primary, role: 'primary' }),
        replicas: replicas.map((replica) => new SqldServer({ ...common, settings: replica, role: 'replica' })),
      };
    });
    for (const fleet of this.all) {
      for (const server of [fleet.primary, ...fleet.replicas]) {
        this.#byLocation.set(server.location, { fleet, server });
      }
    }
  }

  /** Resolves when each server was asked once. One that is down keeps nothing from starting. */
  async start(): Promise<void> {
    await Promise.all(this.servers.map(async (server) => await server.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map(async (server) => await server.stop()));
    this.all.forEach(({ history }) => history?.close());
  }

  get servers(): readonly SqldServer[] {
    return [...this.#byLocation.values()].map(({ server }) => server);
  }

  serverAt(location: string): SqldServer | undefined {
    return this.#byLocation.get(location)?.server;
  }

  fleetAt(location: string): SqldFleet | undefined {
    return this.#byLocation.get(location)?.fleet;
  }

  /** A server that answers again is up when this is done. */
  onReturn(prepare: (server: SqldServer) => Promise<void>): void {
    this.#prepare = prepare;
  }
}
