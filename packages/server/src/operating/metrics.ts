/**
 * Figures for Prometheus. Counting is on the path of every request, so what is counted there has few labels, and their
 * children are looked up once; everything that can be asked for is asked when somebody scrapes.
 *
 * @module
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type Target = 'database' | 'api';

export interface MetricsSources {
  readonly openSockets: () => number;
  /** Host processes that answer, and those that have ended unasked since the start. */
  readonly hosts: () => { readonly up: number; readonly restarts: number };
  readonly servers: () => readonly { readonly location: string; readonly role: string; readonly isUp: boolean }[];
  readonly databases: () => Promise<number>;
  /** Undefined: there is none, or it has not told yet. */
  readonly backup: () => BackupFigures | undefined;
}

/** Since the backup process started. */
export interface BackupFigures {
  readonly state: string;
  readonly pendingDatabases: number;
  /** Unix ms; null when nothing waits. */
  readonly pendingSinceMs: number | null;
  readonly storedMs: number | null;
  readonly storedBytes: number;
  readonly failures: number;
  readonly verification: { readonly ok: boolean; readonly finishedMs: number } | null;
}

/** From a relay's least to a statement's longest. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'target' | 'status'>;
  readonly #counters = new Map<string, Counter.Internal>();
  readonly #seconds: ReadonlyMap<Target, Histogram.Internal<'target'>>;
  readonly #rows: Counter<'kind'>;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: 'skerry_requests_total',
      help: 'HTTP requests answered, by what they were for and by the class of the status.',
      labelNames: ['target', 'status'],
      registers,
    });
    const seconds = new Histogram({
      name: 'skerry_request_seconds',
      help: 'Time from the head of an HTTP request to the end of its answer.',
      labelNames: ['target'],
      buckets: SECONDS,
      registers,
    });
    this.#seconds = new Map([
      ['database', seconds.labels('database')],
      ['api', seconds.labels('api')],
    ]);
    this.#rows = new Counter({
      name: 'skerry_rows_total',
      help: 'Rows that statements read and wrote in the databases of this server.',
      labelNames: ['kind'],
      registers,
    });
    const gauges = [
      gauge('skerry_open_sockets', 'WebSockets open on databases.', (it) => it.set(sources.openSockets())),
      gauge('skerry_hosts_up', 'Host processes that answer.', (it) => it.set(sources.hosts().up)),
      gauge('skerry_host_restarts', 'Host processes that ended unasked and were replaced.', (it) =>
        it.set(sources.hosts().restarts),
      ),
      gauge('skerry_databases', 'Databases that exist.', async (it) => it.set(await sources.databases())),
    ];
    const serverUp = new Gauge({
      name: 'skerry_server_up',
      help: 'Whether the sqld server of a location answers.',
      labelNames: ['location', 'role'],
      registers: [],
      collect() {
        for (const { location, role, isUp } of sources.servers()) {
          this.set({ location, role }, isUp ? 1 : 0);
        }
      },
    });
    for (const one of [...gauges, serverUp, ...backupGauges(sources.backup)]) {
      this.#registry.registerMetric(one);
    }
  }

  request(target: Target, status: number, seconds: number): void {
    const known = `${target} ${status}`;
    let counter = this.#counters.get(known);
    if (counter === undefined) {
      counter = this.#requests.labels(target, `${Math.floor(status / 100)}xx`);
      this.#counters.set(known, counter);
    }
    counter.inc();
    this.#seconds.get(target)?.observe(seconds);
  }

  rows(read: number, written: number): void {
    this.#rows.inc({ kind: 'read' }, read);
    this.#rows.inc({ kind: 'written' }, written);
  }

  /** The text format of Prometheus, and its content type. */
  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}

function gauge(name: string, help: string, read: (gauge: Gauge) => void | Promise<void>): Gauge {
  return new Gauge({
    name,
    help,
    registers: [],
    async collect() {
      await read(this);
    },
  });
}

/** A figure that is not known is not told. */
function backupGauges(figures: MetricsSources['backup']): Gauge[] {
  const one = (name: string, help: string, read: (from: BackupFigures) => number | undefined): Gauge =>
    gauge(name, help, (it) => {
      const from = figures();
      const value = from === undefined ? undefined : read(from);
      it.reset();
      if (value === undefined) {
        it.remove();
      } else {
        it.set(value);
      }
    });
  return [
    one('skerry_backup_following', 'Whether what is committed is being stored off the machine.', ({ state }) =>
      state === 'following' ? 1 : 0,
    ),
    one(
      'skerry_backup_pending_databases',
      'Databases with commits that are not stored yet.',
      (it) => it.pendingDatabases,
    ),
    one('skerry_backup_pending_age_seconds', 'Age of the oldest commit that is not stored yet.', (it) =>
      it.pendingSinceMs === null ? 0 : Math.max(0, (Date.now() - it.pendingSinceMs) / 1000),
    ),
    one('skerry_backup_stored_timestamp_seconds', 'When commits were stored last.', (it) => secondsOf(it.storedMs)),
    one('skerry_backup_stored_bytes', 'Bytes stored since the backup process started.', (it) => it.storedBytes),
    one('skerry_backup_failures', 'Attempts that failed since the backup process started.', (it) => it.failures),
    one('skerry_backup_verified', 'Whether the last verification found everything sound.', ({ verification }) =>
      verification === null ? undefined : Number(verification.ok),
    ),
    one('skerry_backup_verified_timestamp_seconds', 'When the last verification ended.', (it) =>
      secondsOf(it.verification?.finishedMs),
    ),
  ];
}

function secondsOf(ms: number | null | undefined): number | undefined {
  return ms === null || ms === undefined ? undefined : ms / 1000;
}
