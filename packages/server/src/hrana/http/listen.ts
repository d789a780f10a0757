/**
 * `GET /beta/listen?table=NAME&action=insert&action=…`: tells, as server-sent events, how many rows of a table were
 * inserted, updated and deleted. Source: sqld's `http/user/listen.rs`.
 *
 * A client that reads slowly hears sums, and loses nothing.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { StreamHolder } from '../../instances/holders.ts';
import type { Rights } from '../../relay/rights.ts';
import { CHANGE_ACTIONS } from '../changes/change.ts';
import type { ChangeAction } from '../changes/change.ts';
import type { HostRequest } from './request.ts';

/** As sqld: proxies end connections on which nothing moves. */
const KEEP_ALIVE_MS = 15_000;
/** The longest that Node's timers know; a client may well connect anew once in 24 days. */
const TIMER_MAX_MS = 2 ** 31 - 1;

export async function listen(request: HostRequest): Promise<undefined> {
  const { head, channel, services } = request;
  const { databaseId, role } = head.instance;
  const { table, actions } = readQuery(head.query);
  if (role !== 'primary') {
    throw new SkerryError('NOT_A_PRIMARY');
  }
  if (!mayRead(head.rights, table)) {
    throw new SkerryError('FORBIDDEN', { reason: `no right to read ${table}` });
  }
  if (head.settings.blockReads) {
    throw new SkerryError('BLOCKED', { reason: 'reads are switched off' });
  }
  const counts = new Counts();
  const over = Promise.withResolvers<void>();
  const holder: StreamHolder = { instance: head.instance, idleSinceMs: undefined, end: () => over.resolve() };
  services.databases.feeds.enter(holder);
  request.onAbort(() => over.resolve());
  const isSending = { now: false };
  const send = async (): Promise<void> => {
    // What is counted while this waits for the client goes into the next event.
    for (let event = counts.take(); event !== undefined; event = counts.take()) {
      await channel.write(`event: changes\ndata: ${JSON.stringify(event)}\n\n`);
    }
    isSending.now = false;
  };
  const stopListening = services.changes.listen(databaseId, (change) => {
    if (change.table === table && actions.has(change.action)) {
      counts.add(change.action, change.rows);
      if (!isSending.now) {
        isSending.now = true;
        // What one transaction has changed comes change by change in this turn, and goes into one event.
        queueMicrotask(() => void send());
      }
    }
  });
  const { expiresAtMs } = head.rights;
  const expiry =
    expiresAtMs === null
      ? undefined
      : setTimeout(() => over.resolve(), Math.min(expiresAtMs - Date.now(), TIMER_MAX_MS));
  const keepAlive = setInterval(() => {
    if (channel.hasCredit) {
      void channel.write(':keep-alive\n\n');
    }
  }, KEEP_ALIVE_MS);
  channel.reply(
    { status: 200, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' } },
    '',
    false,
  );
  request.hasReplied = true;
  await over.promise;
  clearInterval(keepAlive);
  clearTimeout(expiry);
  stopListening();
  services.databases.feeds.leave(holder);
  channel.end();
  return undefined;
}

function readQuery(query: string): { table: string; actions: ReadonlySet<string> } {
  const parameters = new URLSearchParams(query);
  const table = parameters.get('table') ?? '';
  if (table === '') {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: 'the query needs the name of a table: ?table=NAME' });
  }
  const known: readonly string[] = CHANGE_ACTIONS;
  const actions = parameters.getAll('action');
  const unknown = actions.find((action) => !known.includes(action));
  if (unknown !== undefined) {
    throw new SkerryError('PROTOCOL_VIOLATED', { problem: `unknown action ${unknown}: use ${known.join(', ')}` });
  }
  return { table: table.toLowerCase(), actions: new Set(actions.length === 0 ? known : actions) };
}

function mayRead({ level, grants }: Rights, table: string): boolean {
  return (
    level !== 'grants' ||
    grants.some(
      ({ tables, actions }) =>
        actions.includes('data_read') && (tables === null || tables.some((name) => name.toLowerCase() === table)),
    )
  );
}

/** Rows by action since the last event. */
class Counts {
  #rows = new Map<ChangeAction, number>();

  add(action: ChangeAction, rows: number): void {
    this.#rows.set(action, (this.#rows.get(action) ?? 0) + rows);
  }

  /** Undefined when there is nothing to tell. */
  take(): Record<string, number> | undefined {
    const rows = this.#rows;
    this.#rows = new Map();
    return rows.size === 0 ? undefined : Object.fromEntries(rows);
  }
}
