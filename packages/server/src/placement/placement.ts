/**
 * Which host process serves which database, and the platform's engine on top of them.
 *
 * A database belongs to one host at a time: the one that its id hashes to, until a step aside moves it. While its host
 * is silent and holds no open stream of the database, requests go to another one, which then owns the database; SQLite's
 * own locks keep the two processes apart for the moment in which both have it open.
 *
 * One host more than configured stands by, so that there is somewhere to step when every one is busy; when that one is
 * busy too, more are started, up to a limit.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';
import { LRUCache } from 'lru-cache';

import type { Channel } from '../relay/channel.ts';
import type { Command, CommandReply, InstanceRef, ReplicaLag, SocketHead } from '../relay/messages.ts';
import { ask } from './ask.ts';
import { loadDumpInProcess } from './dump-process.ts';
import { EmbeddedLocations } from './embedded-locations.ts';
import type { Engine } from './engine.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeRequest } from './exchange.ts';
import { HeardDatabases } from './heard-databases.ts';
import { HostProcess } from './host-process.ts';
import type { HostEnd } from './host-process.ts';
import { endLeftHosts } from './left-hosts.ts';
import { OwnLateness } from './own-lateness.ts';
import type { PlacementOptions } from './placement-options.ts';
import { homeSlot, leastLoaded, Slot } from './slot.ts';
import { placeUpload } from './upload-process.ts';

/** A host that one statement keeps for longer than this is busy: new work steps aside. */
const STEP_ASIDE_MS = 10;
/**
 * Work for the database whose statement keeps the host waits for so long. To move it sooner would not help: while that
 * statement writes (or the disk is slow to take it), another process waits for the same lock.
 */
const OWN_STEP_ASIDE_MS = 250;
/** How often requests that wait at a busy host are looked at. */
const LOOK_MS = 10;
const COMMAND_TRIES_MAX = 3;
/** Databases that stepped aside, remembered. A forgotten one returns to the host that its id hashes to. */
const MOVED_MAX = 100_000;

export class Placement extends EmbeddedLocations implements Engine {
  readonly heard = new HeardDatabases(
    () => this.#hosts(),
    (host, command) => void this.#send(host, command).catch(() => undefined),
  );
  readonly #options: PlacementOptions;
  readonly #batonKey = randomBytes(32).toString('base64');
  readonly #slots: Slot[] = [];
  readonly #hostsById = new Map<number, HostProcess>();
  readonly #moved = new LRUCache<string, number>({ max: MOVED_MAX });
  #nextHostId = 1;
  #restarts = 0;
  #lookTimer: NodeJS.Timeout | undefined;
  readonly #lateness = new OwnLateness(LOOK_MS);
  readonly #picker = {
    pick: (databaseId: string, avoid?: HostProcess): HostProcess | undefined => {
      this.#watchBusyHosts();
      return this.hostFor(databaseId, avoid);
    },
  };
  #stopping = false;

  constructor(options: PlacementOptions) {
    super();
    this.#options = options;
  }

  /** Starts the hosts; resolves when they answer. Work may be handed out before: it waits in a host's socket. */
  async start(): Promise<void> {
    mkdirSync(this.#runDir, { recursive: true });
    mkdirSync(path.join(this.#options.dataDir, 'databases'), { recursive: true });
    for (const pid of endLeftHosts(this.#runDir)) {
      this.#options.log.warn({ pid }, 'ended a host that an earlier server had left');
    }
    for (let index = 0; index <= this.#options.settings.count; index += 1) {
      this.#addSlot();
    }
    const hosts = this.#hosts();
    await Promise.all(hosts.map(async (host) => await host.started));
    if (!hosts.some(({ isReady }) => isReady)) {
      this.kill();
      throw new SkerryError('HOST_UNAVAILABLE');
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#lookTimer);
    await Promise.all(this.#hosts().map((host) => host.stop()));
  }

  kill(): void {
    this.#stopping = true;
    clearInterval(this.#lookTimer);
    for (const host of this.#hosts()) {
      host.kill();
    }
  }

  /** Hosts that answer, and how many ended unasked since the start. */
  get counts(): { readonly up: number; readonly restarts: number } {
    return { up: this.#hosts().filter(({ isReady }) => isReady).length, restarts: this.#restarts };
  }

  /** Relays one HTTP request. `batonHostId`: the host that its baton names, if it has one. */
  relay(request: ExchangeRequest, batonHostId: number | undefined): Exchange {
    const exchange = new Exchange(request, this.#picker);
    // The holder of the stream, or, when that is gone, any host: it knows the baton for another's and says so.
    const holder = batonHostId === undefined ? undefined : this.#hostsById.get(batonHostId);
    exchange.start(holder ?? this.hostFor(request.head.instance.databaseId));
    this.#watchBusyHosts();
    return exchange;
  }

  /** Undefined when no host can be started. */
  openSocket(
    head: SocketHead,
    logFacts: Readonly<Record<string, string>>,
  ): { readonly channel: Channel; readonly host: HostProcess } | undefined {
    const { databaseId } = head.instance;
    // Also when it holds streams of the database: a new socket need not wait for what runs there.
    const owner = this.#ownerSlot(databaseId).host;
    const host = this.hostFor(databaseId, owner === undefined || this.#serves(owner, databaseId) ? undefined : owner);
    if (host === undefined) {
      return undefined;
    }
    const channel = host.open(head, '', false);
    host.sockets.set(channel.id, { databaseId, logFacts });
    return { channel, host };
  }

  /**
   * The database's host; another one, from then on, when that is busy (or is `avoid`) and holds no stream of it. Undefined
   * when none is up and the last ones died as soon as they were started.
   */
  hostFor(databaseId: string, avoid?: HostProcess): HostProcess | undefined {
    const owner = this.#ownerSlot(databaseId);
    const host = owner.host;
    if (host !== undefined && host !== avoid && (this.#serves(host, databaseId) || host.openStreams.has(databaseId))) {
      return host;
    }
    // Its own host, when that is being started, is as good as any other that is.
    const needsAnother = host?.isReady === true || owner.isPausing;
    const other = this.#responsiveSlot(owner.index) ?? (needsAnother ? this.#standbySlot() : undefined);
    if (other?.host === undefined) {
      return host ?? (owner.isPausing ? undefined : this.#startHost(owner));
    }
    this.#moved.set(databaseId, other.index);
    if (host !== undefined) {
      void this.#send(host, { type: 'release_database', databaseId }).catch(() => undefined);
    }
    return other.host;
  }

  async createDatabase(instance: InstanceRef): Promise<void> {
    await this.#command(instance.databaseId, { type: 'create_database', instance });
    this.changed(instance.databaseId);
  }

  async dropDatabase(databaseId: string, _location: string | undefined): Promise<void> {
    const owner = this.hostFor(databaseId);
    for (const host of this.#hosts()) {
      if (host !== owner) {
        void this.#send(host, { type: 'drop_database', databaseId }).catch(() => undefined);
      }
    }
    await this.#command(databaseId, { type: 'drop_database', databaseId });
    this.#moved.delete(databaseId);
  }

  async closeDatabase(databaseId: string, _location: string): Promise<void> {
    await Promise.all(
      this.#hosts().map(async (host) => {
        // A host that dies holds nothing open any more.
        await this.#send(host, { type: 'close_database', databaseId }).catch(() => undefined);
      }),
    );
    this.#moved.delete(databaseId);
  }

  async addReplica(instance: InstanceRef, primary: InstanceRef): Promise<void> {
    await this.#command(instance.databaseId, { type: 'add_replica', instance, primary });
  }

  async removeReplica(instance: InstanceRef): Promise<void> {
    await this.#command(instance.databaseId, { type: 'remove_replica', instance });
  }

  async copyDatabase(source: InstanceRef, target: InstanceRef, atMs?: number): Promise<void> {
    await this.#command(source.databaseId, { type: 'copy_database', source, target, atMs });
    this.changed(target.databaseId);
  }

  /** Tells every host; whoever waits at one that dies has gone with it. */
  tell(command: Command): void {
    for (const host of this.#hosts()) {
      void this.#send(host, command).catch(() => undefined);
    }
  }

  /** The database's file was replaced. */
  changed(databaseId: string): void {
    this.#options.onEvent({ type: 'committed', databaseIds: [databaseId] });
  }

  /** For the backup, which judges what a host answers. Rejects when there is no host. */
  async ask(databaseId: string, command: Command): Promise<{ readonly reply: CommandReply; readonly body: Buffer }> {
    return await ask(this.hostFor(databaseId), command);
  }

  async restorableSinceMs(instance: InstanceRef): Promise<number> {
    const reply = await this.#command(instance.databaseId, { type: 'restore_window', instance });
    return reply.earliestMs ?? Date.now();
  }

  async loadDump(textFile: string, { databaseId }: InstanceRef): Promise<void> {
    const { dataDir, settings } = this.#options;
    await loadDumpInProcess({ dataDir, textFile, databaseId, maxRowBytes: settings.maxRowBytes });
  }

  /** The host has received it whole. @throws SkerryError UPLOAD_INVALID */
  async placeUpload(instance: InstanceRef, draft: string): Promise<void> {
    const { dataDir, settings } = this.#options;
    const command = async (each: Command) => await this.#command(instance.databaseId, each);
    await placeUpload({ dataDir, maxRowBytes: settings.maxRowBytes, command }, instance, draft);
    this.changed(instance.databaseId);
  }

  async sizeBytes(instance: InstanceRef): Promise<number> {
    const reply = await this.#command(instance.databaseId, { type: 'database_size', instance });
    return reply.sizeBytes ?? 0;
  }

  async lag(instance: InstanceRef): Promise<ReplicaLag> {
    if (instance.role === 'primary') {
      return { frames: 0, ms: 0 };
    }
    const reply = await this.#command(instance.databaseId, { type: 'replica_lag', instance });
    return reply.lag ?? { frames: 0, ms: 0 };
  }

  /** Commands are safe to repeat, so one whose host dies is given to the next. */
  async #command(databaseId: string, command: Command): Promise<CommandReply> {
    for (let tries = 1; ; tries += 1) {
      const reply = await this.#send(this.hostFor(databaseId), command).catch((error: unknown) => {
        if (tries >= COMMAND_TRIES_MAX) {
          throw error;
        }
        return undefined;
      });
      if (reply?.ok === true) {
        return reply;
      }
      if (reply !== undefined) {
        const { code = '', message = '' } = reply.error ?? {};
        this.#options.log.warn(
          { command: command.type, databaseId, code, reason: message },
          'a host refused a command',
        );
        throw new SkerryError('internal', {}, { details: { command: command.type, code, message } });
      }
    }
  }

  async #send(host: HostProcess | undefined, command: Command): Promise<CommandReply> {
    return (await ask(host, command)).reply;
  }

  #hosts(): HostProcess[] {
    return [...this.#hostsById.values()];
  }

  get #runDir(): string {
    return path.join(this.#options.dataDir, 'run');
  }

  #ownerSlot(databaseId: string): Slot {
    const index = this.#moved.get(databaseId) ?? homeSlot(databaseId, this.#options.settings.count);
    const slot = this.#slots[index];
    if (slot === undefined) {
      throw new Error(`there is no host slot ${index}`);
    }
    return slot;
  }

  /** The host answers, or will soon when what keeps it is the database's own. */
  #serves(host: HostProcess, databaseId: string): boolean {
    return (
      host.isReady && (!this.#isStuck(host) || (!host.isStuckFor(OWN_STEP_ASIDE_MS) && host.runsFor === databaseId))
    );
  }

  #isStuck(host: HostProcess): boolean {
    return host.isStuckFor(STEP_ASIDE_MS + this.#lateness.ms * 2);
  }

  /** The least loaded host that answers, other than the one of `exceptIndex`. */
  #responsiveSlot(exceptIndex: number): Slot | undefined {
    return leastLoaded(this.#slots, (host, index) => index !== exceptIndex && host.isReady && !this.#isStuck(host));
  }

  /** A fresh host, when every one is busy: one that is being started, or another if the machine may bear one more. */
  #standbySlot(): Slot | undefined {
    const starting = this.#slots.find(({ host }) => host?.isReady === false);
    if (starting !== undefined) {
      return starting;
    }
    const slotsMax = this.#options.settings.count * 2 + 2;
    const isAnyUp = this.#slots.some(({ host }) => host?.isReady === true);
    return isAnyUp && this.#slots.length < slotsMax && !this.#stopping ? this.#addSlot() : undefined;
  }

  #addSlot(): Slot {
    const slot = new Slot(this.#slots.length);
    this.#slots.push(slot);
    this.#startHost(slot);
    return slot;
  }

  #startHost(slot: Slot): HostProcess {
    const { settings, dataDir, log } = this.#options;
    const { count: _, ...limits } = settings;
    const hostId = this.#nextHostId;
    this.#nextHostId += 1;
    const options = {
      ...limits,
      hostId,
      dataDir,
      batonKey: this.#batonKey,
      workCellPath: path.join(this.#runDir, `host-${hostId}.cell`),
    };
    const host = new HostProcess(
      slot.index,
      options,
      {
        hostEvent: (from, event) =>
          event.type === 'changes' ? this.heard.committed(from, event) : this.#options.onEvent(event),
        ended: (ended, end) => this.#ended(slot, ended, end),
      },
      log,
    );
    slot.started(host, performance.now());
    this.#hostsById.set(hostId, host);
    this.heard.started(host);
    return host;
  }

  #ended(slot: Slot, host: HostProcess, end: HostEnd): void {
    this.#hostsById.delete(host.hostId);
    if (slot.host === host) {
      slot.host = undefined;
    }
    if (this.#stopping) {
      return;
    }
    this.#restarts += 1;
    const pauseMs = slot.ended(end.cause, host.isReady, performance.now());
    this.#options.log.warn({ hostId: host.hostId, cause: end.cause, pauseMs }, 'a host ended; starting another');
    setTimeout(() => {
      slot.isPausing = false;
      if (slot.host === undefined && !this.#stopping) {
        this.#startHost(slot);
      }
    }, pauseMs).unref();
  }

  /** As long as requests are out. */
  #watchBusyHosts(): void {
    this.#lookTimer ??= this.#lateness.every(() => this.#lookAtBusyHosts());
  }

  #lookAtBusyHosts(): void {
    let waiting = 0;
    for (const host of this.#hostsById.values()) {
      waiting += host.exchanges.size;
      if (this.#isStuck(host)) {
        host.shedWaiting(host.isStuckFor(OWN_STEP_ASIDE_MS) ? undefined : host.runsFor);
      } else if (!host.isReady && host.exchanges.size > 0 && this.#responsiveSlot(host.slot) !== undefined) {
        // On a busy machine a start takes seconds: what waits for it goes to who answers again meanwhile.
        host.shedWaiting(undefined);
      }
    }
    if (waiting === 0) {
      clearInterval(this.#lookTimer);
      this.#lookTimer = undefined;
    }
  }
}
