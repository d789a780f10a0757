/**
 * One host process: everything that happens on the address of a database. It is given verified rights with each request
 * and knows neither organizations nor tokens.
 *
 * @module
 */
import type { Duplex } from 'node:stream';

import { ChangeFeed } from '../hrana/changes/change-feed.ts';
import type { HostServices } from '../hrana/http/request.ts';
import { HttpServer } from '../hrana/http/server.ts';
import { InOrder } from '../hrana/in-order.ts';
import { ResponseBudgets } from '../hrana/response-budget.ts';
import { SocketSession } from '../hrana/socket/session.ts';
import { StreamStore } from '../hrana/stream-store.ts';
import { CommitNotes } from '../instances/commit-notes.ts';
import { Databases } from '../instances/databases.ts';
import { Holders } from '../instances/holders.ts';
import { UsageReporter } from '../instances/usage.ts';
import { BatonSigner } from '../relay/baton.ts';
import type { Channel } from '../relay/channel.ts';
import type { ChannelHead } from '../relay/messages.ts';
import { Mux } from '../relay/mux.ts';
import { WorkCellWriter } from '../relay/work-cell.ts';
import { syncRoutes } from '../sync/routes.ts';
import { Commands } from './commands.ts';
import type { HostOptions } from './host-options.ts';

/** Copies and deletions may take as long as the disk needs. */
const COMMAND_MS = 10 * 60_000;

export class Host {
  readonly #services: HostServices;
  readonly #commands: Commands;
  readonly #http: HttpServer;
  readonly #mux: Mux;
  /** Databases that the gateway knows to have open streams here. */
  readonly #reported = new Set<string>();
  #changed = new Set<string>();
  #isClosed = false;

  /** @param closed called when the gateway is gone and everything here is closed */
  constructor(options: HostOptions, socket: Duplex, closed: () => void) {
    const cell = new WorkCellWriter(options.workCellPath);
    this.#mux = new Mux(socket, {
      open: (channel, head, body, ended) => this.#open(channel, head, body, ended),
      ending: () => {
        usage.flush();
        this.#close();
      },
      closed: () => {
        this.#close();
        closed();
      },
    });
    const usage = new UsageReporter((event) => this.#mux.sendEvent(event));
    const databases = new Databases(
      options,
      new Holders(options.maxStreamsPerDatabase, (databaseId) => this.#holdersChanged(databaseId)),
      options.tellsCommits
        ? new CommitNotes((databaseIds, isAwaited) =>
            this.#mux.sendEvent({ type: 'committed', databaseIds, isAwaited }),
          )
        : undefined,
    );
    const signer = new BatonSigner(Buffer.from(options.batonKey, 'base64'));
    this.#services = {
      databases,
      usage,
      changes: new ChangeFeed((databaseId, changes) => this.#mux.sendEvent({ type: 'changes', databaseId, changes })),
      budgets: new ResponseBudgets(options.maxResponseBytes),
      cell,
      inOrder: new InOrder(),
      flush: () => this.#mux.flush(),
      fault: (channelId, error) => {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#mux.sendEvent({ type: 'fault', channelId, error: text });
      },
      streams: new StreamStore(databases, { hostId: options.hostId, signer, idleMs: options.streamIdleMs }),
      limits: options,
    };
    this.#commands = new Commands(databases, usage, this.#services.changes);
    this.#http = new HttpServer(this.#services, syncRoutes());
  }

  #open(channel: Channel, head: ChannelHead, body: Buffer, ended: boolean): void {
    switch (head.kind) {
      case 'http':
        this.#services.databases.offSite?.configure(head.instance.databaseId, head.settings.offSite);
        this.#http.open(channel, head, body, ended);
        break;
      case 'socket':
        this.#services.databases.offSite?.configure(head.instance.databaseId, head.settings.offSite);
        void new SocketSession(channel, head, this.#services);
        break;
      case 'command':
        this.#services.cell.running(channel.id, COMMAND_MS);
        void this.#commands.run(head.command).then(({ reply, body }) => channel.reply(reply, body));
        break;
    }
  }

  /**
   * The gateway is told of streams that outlive the turn of the event loop in which they were opened: most requests
   * bring a stream of their own and close it.
   */
  #holdersChanged(databaseId: string): void {
    if (this.#changed.size === 0) {
      setImmediate(() => this.#report());
    }
    this.#changed.add(databaseId);
  }

  #report(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    for (const databaseId of changed) {
      const open = this.#services.databases.holders.count(databaseId);
      if (open > 0 !== this.#reported.has(databaseId)) {
        this.#mux.sendEvent({ type: 'streams', databaseId, open });
        if (open > 0) {
          this.#reported.add(databaseId);
        } else {
          this.#reported.delete(databaseId);
        }
      }
    }
  }

  #close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    this.#services.streams.closeAll();
    this.#services.databases.closeAll();
    this.#services.cell.close();
  }
}
