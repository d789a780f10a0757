/**
 * Databases on sqld servers: a database is a namespace named by its id on the fleet's primary. Replicas are not told of
 * it: each learns of a namespace when it is first asked for it, so a database created while a replica was away is there
 * when the replica returns.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import type { Logger } from 'pino';
import { z } from 'zod';

import type { InstanceRef } from '../../relay/messages.ts';
import type { DatabasePolicy, Engine, LocationTraits } from '../engine.ts';
import { AdminRefusal, type AdminApi } from './admin-api.ts';
import type { SqldFleet, SqldFleets } from './fleets.ts';
import { forkAsOf } from './fork-as-of.ts';
import type { SqldStatistics } from './statistics.ts';

export interface SqldEngineOptions {
  readonly fleets: SqldFleets;
  readonly statistics: SqldStatistics;
  /** Whether an acknowledged write must survive a power cut; sqld by itself does not wait for the disk. */
  readonly isDurable: boolean;
  /** Public half of the key that signs the tokens with which the gateway itself comes. */
  readonly gatewayKeyPem: string;
  /** A token with full access to a namespace. */
  readonly tokenFor: (databaseId: string) => string;
  readonly log: Logger;
}

/** Of a pipeline, or of its refusal. */
const DumpAnswer = z.looseObject({
  error: z.string().optional(),
  results: z
    .array(z.looseObject({ type: z.string(), error: z.looseObject({ message: z.string() }).optional() }))
    .optional(),
});

export class SqldEngine implements Engine {
  readonly #fleets: SqldFleets;
  readonly #statistics: SqldStatistics;
  readonly #isDurable: boolean;
  readonly #gatewayKeyPem: string;
  readonly #tokenFor: (databaseId: string) => string;
  readonly #log: Logger;
  /** One change of a namespace's configuration at a time: it is read, merged and written whole. */
  readonly #configuring = new Map<string, Promise<void>>();

  constructor({ fleets, statistics, isDurable, gatewayKeyPem, tokenFor, log }: SqldEngineOptions) {
    this.#tokenFor = tokenFor;
    this.#fleets = fleets;
    this.#statistics = statistics;
    this.#isDurable = isDurable;
    this.#gatewayKeyPem = gatewayKeyPem;
    this.#log = log;
  }

  traits(location: string): LocationTraits {
    const server = this.#fleets.serverAt(location);
    const isDirect = server !== undefined && this.#fleet(location).isDirect;
    return {
      engine: 'sqld',
      keepsPolicy: true,
      restoresToTime: this.#fleets.fleetAt(location)?.history !== undefined,
      takesUploads: false,
      ...(isDirect ? { directDomain: new URL(server.url).host } : {}),
    };
  }

  checkLocations(primary: string, replica: string | undefined): void {
    const fleet = this.#fleet(primary);
    if (fleet.primary.location !== primary) {
      throw new SkerryError('location_not_primary', { location: primary, primary: fleet.primary.location });
    }
    if (replica !== undefined && this.#fleet(replica) !== fleet) {
      throw new SkerryError('location_mixed', { location: replica, primary });
    }
  }

  statusOf(location: string): 'up' | 'down' {
    return this.#fleets.serverAt(location)?.isUp === true ? 'up' : 'down';
  }

  async lag({ databaseId, location }: InstanceRef): Promise<{ frames: number | null; ms: number | null }> {
    const { primary } = this.#fleet(location);
    const server = this.#fleets.serverAt(location);
    if (server === primary) {
      return { frames: 0, ms: 0 };
    }
    // A replica that has not been asked for the namespace yet has no figures of it.
    const [target, reached] = await Promise.all(
      [primary, server].map(async (one) =>
        one?.isUp === true ? await one.admin?.stats(databaseId).catch(() => undefined) : undefined,
      ),
    );
    const ahead = target?.replication_index ?? null;
    const behind = reached?.replication_index ?? null;
    if (ahead === null || behind === null) {
      return { frames: null, ms: null };
    }
    const frames = Math.max(0, ahead - behind);
    // sqld does not tell when a frame was written.
    return { frames, ms: frames === 0 ? 0 : null };
  }

  async createDatabase({ databaseId, location }: InstanceRef): Promise<void> {
    await this.#do(location, async (admin) => {
      if (await admin.create(databaseId)) {
        this.#statistics.created(this.#fleet(location).primary, databaseId);
      }
    });
    const { primary } = this.#fleet(location);
    if (!primary.isUp) {
      // It answered a moment before the next probe, and the new database can be queried from now on.
      await primary.probe();
    }
    primary.used(databaseId);
  }

  async dropDatabase(databaseId: string, location: string | undefined): Promise<void> {
    const fleets = location === undefined ? this.#fleets.all : [this.#fleet(location)];
    for (const { primary } of fleets) {
      await this.#do(primary.location, async (admin) => await admin.drop(databaseId));
    }
  }

  /** sqld cannot end streams; it is told to run nothing on them. */
  async closeDatabase(databaseId: string, location: string): Promise<void> {
    await this.#inTurn(databaseId, location, async (admin) => {
      const config = await admin.config(databaseId);
      // Only where clients come directly does the server judge their tokens; elsewhere a key of the namespace's own would
      // make it refuse what its replicas hand on.
      const ownKey = this.#fleet(location).isDirect ? this.#gatewayKeyPem : null;
      const closed = { block_reads: true, block_writes: true, jwt_key: ownKey };
      await admin.setConfig(databaseId, { ...config, ...closed });
    });
  }

  async addReplica(_instance: InstanceRef, _primary: InstanceRef): Promise<void> {
    // It comes into being when the replica's server is first asked for it.
    await Promise.resolve();
  }

  async removeReplica(_instance: InstanceRef): Promise<void> {
    // A replica's server has no way to forget one namespace; the gateway no longer leads anybody to it.
    await Promise.resolve();
  }

  async restorableSinceMs({ databaseId, location }: InstanceRef): Promise<number> {
    // A fork by itself has the present state only.
    return (await this.#fleet(location).history?.earliestMs(databaseId)) ?? Date.now();
  }

  async copyDatabase(source: InstanceRef, target: InstanceRef, atMs?: number): Promise<void> {
    const fleet = this.#fleet(target.location);
    if (this.#fleet(source.location) !== fleet) {
      throw new SkerryError('copy_between_servers', { source: source.location, target: target.location });
    }
    const { history } = fleet;
    if (atMs !== undefined && history === undefined) {
      throw new Error('a copy as of a time is asked only where there is a history');
    }
    await this.#do(target.location, async (admin) => {
      // A fork makes its target itself. Nobody knows of the empty one yet.
      await admin.drop(target.databaseId, { keepBackup: true });
      if (atMs === undefined || history === undefined) {
        await admin.fork(source.databaseId, target.databaseId);
      } else {
        await forkAsOf({ admin, history, log: this.#log }, source.databaseId, target.databaseId, atMs);
      }
    });
  }

  async loadDump(textFile: string, target: InstanceRef): Promise<void> {
    const { primary } = this.#fleet(target.location);
    await this.createDatabase(target);
    const sql = await readFile(textFile, 'utf8');
    const answer = await this.#do(target.location, async () => {
      const response = await fetch(`${primary.url}/v2/pipeline`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#tokenFor(target.databaseId)}`, 'x-namespace': target.databaseId },
        body: JSON.stringify({ requests: [{ type: 'sequence', sql }, { type: 'close' }] }),
      });
      return DumpAnswer.parse(await response.json());
    });
    const failure = answer.error ?? answer.results?.find(({ type }) => type === 'error')?.error?.message;
    if (failure !== undefined) {
      throw new SkerryError('dump_invalid', { problem: failure });
    }
  }

  async sizeBytes({ databaseId, location }: InstanceRef): Promise<number> {
    const { primary } = this.#fleet(location);
    return await this.#do(primary.location, async (admin) => (await admin.stats(databaseId)).storage_bytes_used);
  }

  async configure({ databaseId, location }: InstanceRef, policy: DatabasePolicy): Promise<void> {
    await this.#inTurn(databaseId, location, async (admin) => await this.#write(admin, databaseId, location, policy));
  }

  async #inTurn(databaseId: string, location: string, work: (admin: AdminApi) => Promise<void>): Promise<void> {
    const before = this.#configuring.get(databaseId) ?? Promise.resolve();
    const change = before.catch(() => undefined).then(async () => await this.#do(location, work));
    this.#configuring.set(databaseId, change);
    try {
      await change;
    } finally {
      if (this.#configuring.get(databaseId) === change) {
        this.#configuring.delete(databaseId);
      }
    }
  }

  async #write(
    admin: AdminApi,
    databaseId: string,
    location: string,
    { settings, publicKeysPem }: DatabasePolicy,
  ): Promise<void> {
    // Behind the gateway the server's own key is all that counts: sqld 0.24 refuses what a replica hands on of a write
    // when the namespace has keys of its own (its `rpc/proxy.rs` then wants the client's token, which is not sent).
    const keys = this.#fleet(location).isDirect ? [this.#gatewayKeyPem, ...publicKeysPem].join('\n') : null;
    const config = await admin.config(databaseId);
    const limit = settings.sizeLimitBytes;
    await admin.setConfig(databaseId, {
      ...config,
      block_reads: settings.blockReads,
      block_writes: settings.blockWrites,
      allow_attach: settings.allowAttach,
      // What is left out here stays as it was; a limit that was taken away is one that no file reaches.
      max_db_size: limit === null ? UNLIMITED : `${limit}b`,
      jwt_key: keys,
      // `synchronous=FULL`, or NORMAL.
      durability_mode: this.#isDurable ? 'strong' : 'relaxed',
    });
  }

  /** @throws SkerryError location_unavailable, internal */
  async #do<T>(location: string, work: (admin: AdminApi) => Promise<T>): Promise<T> {
    const { primary } = this.#fleet(location);
    if (primary.admin === undefined) {
      throw new Error(`the primary at ${primary.location} has no admin address`);
    }
    try {
      return await work(primary.admin);
    } catch (error) {
      if (error instanceof AdminRefusal) {
        this.#log.warn({ location: primary.location, reason: error.message }, 'an sqld server refused a command');
        throw new SkerryError('internal', {}, { cause: error });
      }
      if (error instanceof SkerryError) {
        throw error;
      }
      primary.suspect();
      throw new SkerryError('location_unavailable', { location: primary.location }, { cause: error });
    }
  }

  #fleet(location: string): SqldFleet {
    const fleet = this.#fleets.fleetAt(location);
    if (fleet === undefined) {
      throw new SkerryError('location_invalid', { location });
    }
    return fleet;
  }
}

/** More than SQLite's largest file. */
const UNLIMITED = '1PiB';
