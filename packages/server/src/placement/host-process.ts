/**
 * One host process as the gateway sees it: its socket, how long it has been silent, and what becomes of its exchanges
 * when it dies.
 *
 * A host runs SQL on its only thread, so a long statement makes it deaf. Whatever it sends shows that it hears; when it
 * owes something and has sent nothing for a moment, it is asked by a ping, and the time since then is its silence (one
 * that only waits for a lock answers the ping). Silence decides two things elsewhere: after a few milliseconds new work
 * goes to another host (placement.ts), and after the statement's limit the host is ended here, which is the only way to
 * stop a statement.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Duplex } from 'node:stream';

import type { Logger } from 'pino';

import type { HostOptions } from '../host/host-options.ts';
import type { Channel } from '../relay/channel.ts';
import type { Bytes } from '../relay/frames.ts';
import type { ChannelHead, HostEvent } from '../relay/messages.ts';
import { Mux } from '../relay/mux.ts';
import { RecentTable } from '../relay/recent-table.ts';
import { readWorkCell, WorkCellRevoker } from '../relay/work-cell.ts';
import type { Work } from '../relay/work-cell.ts';
import type { Exchange } from './exchange.ts';
import { logLines } from './log-lines.ts';
import { sandboxed } from './sandbox.ts';

/** While requests are out, a host that has sent nothing for so long is asked whether it still turns. */
const BUSY_LOOK_MS = 5;
/** While only idle sockets are open. */
const IDLE_LOOK_MS = 250;
/** Grace over a statement's limit before the process is ended: the host itself ends what it can in time. */
const DEADLINE_GRACE_MS = 50;
/** A host that has not answered for so long since it was started is stuck, not slow, also on a busy machine. */
const START_PATIENCE_MS = 30_000;
const EXIT_PATIENCE_MS = 5_000;

/** How a host ended; `deadline` means that we ended it because of the statement on channel `work.running`. */
export interface HostEnd {
  readonly cause: 'deadline' | 'crash' | 'stopped';
  readonly work: Work;
}

export interface HostProcessEvents {
  hostEvent(host: HostProcess, event: HostEvent): void;
  ended(host: HostProcess, end: HostEnd): void;
}

/** Whose WebSocket it is. */
export interface OpenSocket {
  readonly databaseId: string;
  readonly logFacts: Readonly<Record<string, string>>;
}

export class HostProcess {
  readonly hostId: number;
  readonly slot: number;
  /** Settles when the process is gone. The socket closes a moment before: whoever wants to know why waits for this. */
  readonly exited: Promise<HostEnd>;
  /** Databases with open streams here. */
  readonly openStreams = new Map<string, number>();
  /** The WebSockets here, by their channels. */
  readonly sockets = new Map<number, OpenSocket>();
  /** Requests handed over and not answered yet, by the channel that brought them. */
  readonly exchanges = new RecentTable<Exchange>();

  readonly #child: ChildProcess;
  readonly #mux: Mux;
  readonly #revoker: WorkCellRevoker;
  readonly #options: HostOptions;
  readonly #events: HostProcessEvents;
  readonly #log: Logger;
  readonly #started = Promise.withResolvers<void>();
  #isReady = false;
  #isGone = false;
  /** While a ping is out. */
  #pingSentAtMs: number | undefined;
  /** Something came since the timer was set. */
  #hasHeard = false;
  #looksSoon = false;
  #timer: NodeJS.Timeout | undefined;
  #endCause: HostEnd['cause'] = 'crash';

  constructor(slot: number, options: HostOptions, events: HostProcessEvents, log: Logger) {
    this.slot = slot;
    this.hostId = options.hostId;
    this.#options = options;
    this.#events = events;
    this.#log = log;
    this.#revoker = new WorkCellRevoker(options.workCellPath);
    this.#child = spawn(process.execPath, [...nodeArguments(options), JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
      // A host needs nothing of the operator's environment, which may hold secrets.
      env: {},
    });
    logLines(this.#child.stderr, log, { hostId: this.hostId });
    this.#mux = new Mux(this.#child.stdio[3] as Duplex, {
      mayHold: true,
      event: (event) => this.#hostEvent(event),
      heard: () => this.#heard(),
      closed: () => this.#child.kill('SIGKILL'),
    });
    this.exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve(this.#processExited()));
      this.#child.once('error', (error) => {
        log.error({ hostId: this.hostId, err: error }, 'a host could not be started');
        resolve(this.#processExited());
      });
    });
    this.#ping();
  }

  /** Settles when the host has answered for the first time, or will not any more. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Milliseconds since the host owes an answer; 0 while it owes none, and while it may still be starting. */
  get silentMs(): number {
    if (this.#pingSentAtMs === undefined) {
      return 0;
    }
    const silentMs = performance.now() - this.#pingSentAtMs;
    return this.#isReady ? silentMs : Math.max(0, silentMs - START_PATIENCE_MS);
  }

  /**
   * The host has not answered for so long, and neither has it begun anything else meanwhile: one statement keeps it. (A
   * host with much to do, or on a busy machine, is slow to answer too; going elsewhere would not help.)
   */
  isStuckFor(ms: number): boolean {
    return this.silentMs >= ms && Date.now() - this.#revoker.startedAtMs() >= ms;
  }

  open(head: ChannelHead, body: Bytes = '', end = true): Channel {
    const channel = this.#mux.open(head, body, end);
    this.touch();
    return channel;
  }

  /** Something was handed to the host: from now on it owes a sign of life. */
  touch(): void {
    if (!this.#looksSoon && this.#pingSentAtMs === undefined && !this.#isGone) {
      clearTimeout(this.#timer);
      this.#look(BUSY_LOOK_MS);
    }
  }

  /** The database for which the host runs something right now; undefined when that is not known. */
  get runsFor(): string | undefined {
    const { running } = readWorkCell(this.#options.workCellPath);
    return this.sockets.get(running)?.databaseId ?? this.exchanges.get(running)?.databaseId;
  }

  /**
   * The host is busy: takes away what it was given and of which nothing has run, and gives it to others.
   *
   * @param except what is meant for this database stays
   */
  shedWaiting(except: string | undefined): void {
    const exchanges = this.exchanges.values().filter(({ databaseId, mayMove }) => mayMove && databaseId !== except);
    if (exchanges.length === 0) {
      return;
    }
    this.#revoker.revokeUpTo(this.#mux.lastChannelId);
    const work = readWorkCell(this.#options.workCellPath);
    for (const exchange of exchanges) {
      exchange.leaveBusy(work);
    }
  }

  /** Lets the host finish and exit; ends it when it takes too long. */
  async stop(): Promise<void> {
    this.#endCause = 'stopped';
    this.#mux.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), EXIT_PATIENCE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#endCause = 'stopped';
    this.#child.kill('SIGKILL');
  }

  #hostEvent(event: HostEvent): void {
    if (event.type === 'fault') {
      const facts = this.exchanges.get(event.channelId)?.logFacts ?? this.sockets.get(event.channelId)?.logFacts;
      this.#log.error({ ...facts, hostId: this.hostId, fault: event.error }, 'a request failed in its host');
    }
    if (event.type === 'streams') {
      if (event.open === 0) {
        this.openStreams.delete(event.databaseId);
      } else {
        this.openStreams.set(event.databaseId, event.open);
      }
    }
    this.#events.hostEvent(this, event);
  }

  #heard(): void {
    this.#hasHeard = true;
    if (this.#pingSentAtMs !== undefined) {
      this.#pingSentAtMs = undefined;
      clearTimeout(this.#timer);
      this.#lookAgain();
    }
    if (!this.#isReady) {
      this.#isReady = true;
      this.#started.resolve();
    }
  }

  #lookAgain(): void {
    this.#looksSoon = false;
    if (this.#mux.channelCount > 0) {
      this.#look(this.exchanges.size > 0 ? BUSY_LOOK_MS : IDLE_LOOK_MS);
    }
  }

  #look(afterMs: number): void {
    this.#looksSoon = afterMs === BUSY_LOOK_MS;
    this.#hasHeard = false;
    this.#timer = setTimeout(() => {
      if (this.#hasHeard) {
        this.#lookAgain();
      } else {
        this.#ping();
      }
    }, afterMs);
  }

  #ping(): void {
    this.#looksSoon = false;
    this.#pingSentAtMs = performance.now();
    this.#mux.ping();
    this.#watch();
  }

  /** Ends the host when what it runs has had its time. Looks again later when the cell allows it more. */
  #watch(): void {
    this.#timer = setTimeout(() => {
      const { allowedUntilMs } = readWorkCell(this.#options.workCellPath);
      const overdueMs = Date.now() - allowedUntilMs;
      if (overdueMs >= DEADLINE_GRACE_MS && this.silentMs >= this.#options.statementMs) {
        this.#endCause = 'deadline';
        this.#child.kill('SIGKILL');
      } else {
        this.#watch();
      }
    }, this.#nextLookMs());
  }

  #nextLookMs(): number {
    const leftMs = this.#options.statementMs - this.silentMs;
    return Math.max(leftMs, DEADLINE_GRACE_MS);
  }

  #processExited(): HostEnd {
    this.#isGone = true;
    this.#started.resolve();
    clearTimeout(this.#timer);
    this.#pingSentAtMs = undefined;
    this.openStreams.clear();
    const end: HostEnd = { cause: this.#endCause, work: readWorkCell(this.#options.workCellPath) };
    this.#revoker.close();
    rmSync(this.#options.workCellPath, { force: true });
    this.#events.ended(this, end);
    return end;
  }
}

/** Its socket was opened by the gateway, which is why a host needs no network of its own. */
function nodeArguments({ dataDir, workCellPath }: HostOptions): string[] {
  const own = [path.join(dataDir, 'databases'), workCellPath];
  return sandboxed('server/src/host/main.ts', { read: own, write: own });
}
