/**
 * One sqld server as the gateway knows it: where it is, its pool of connections, and whether it answers.
 *
 * Health is the server's own word (`GET /health`), asked for at an interval, and at once when a request could not reach
 * it. A server that is down is not tried by requests: they are refused at once instead of waiting for a machine that is
 * gone, and the next good probe lets them through again.
 *
 * @module
 */
import type { Logger } from 'pino';
import { Pool } from 'undici';

import type { SqldServerSettings } from '../../config.ts';
import { AdminApi } from './admin-api.ts';

/** Requests beyond wait for a free connection; sqld itself works on 128 at a time unless told otherwise. */
const CONNECTIONS_MAX = 128;
const CONNECT_TIMEOUT_MS = 3_000;
const PROBE_TIMEOUT_MS = 2_000;

export interface SqldServerOptions {
  readonly settings: SqldServerSettings;
  readonly role: 'primary' | 'replica';
  readonly adminKey: string | undefined;
  readonly probeMs: number;
  readonly log: Logger;
  /** Awaited when it answers, before it is up. Never rejects. */
  readonly beforeUp: (server: SqldServer) => Promise<void>;
}

export class SqldServer {
  readonly location: string;
  readonly role: 'primary' | 'replica';
  readonly url: string;
  readonly pool: Pool;
  /** Undefined for a replica whose admin address is not known. */
  readonly admin: AdminApi | undefined;
  readonly #options: SqldServerOptions;
  #isUp = false;
  /** Since it is up, whether it asks for tokens was looked at. */
  #isGuardKnown = false;
  #probe: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: SqldServerOptions) {
    const { settings, role, adminKey } = options;
    this.#options = options;
    this.location = settings.location;
    this.role = role;
    this.url = settings.url.replace(/\/+$/, '');
    this.pool = new Pool(this.url, {
      connections: CONNECTIONS_MAX,
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // A statement may take as long as its server lets it, and a change feed is silent for as long as nobody writes.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.admin = settings.adminUrl === undefined ? undefined : new AdminApi(settings.adminUrl, adminKey);
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Resolves after the first probe, whatever it found. */
  async start(): Promise<void> {
    await this.probe();
  }

  /** Asks the server now; calls in the meantime share the answer. Never rejects. */
  async probe(): Promise<void> {
    this.#probe ??= this.#ask().finally(() => {
      this.#probe = undefined;
      this.#schedule();
    });
    await this.#probe;
  }

  /** A request could not reach it, or lost it: whether it is down shows the probe that this begins. */
  suspect(): void {
    void this.probe();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.pool.destroy();
  }

  async #ask(): Promise<void> {
    let problem: string | undefined;
    try {
      const response = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      await response.arrayBuffer();
      problem = response.ok ? undefined : `its health check answered ${response.status}`;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      problem = cause instanceof Error ? cause.message : String(cause);
    }
    if (problem === undefined && !this.#isUp && !this.#stopped) {
      await this.#options.beforeUp(this);
    }
    this.#found(problem);
  }

  #found(problem: string | undefined): void {
    const isUp = problem === undefined;
    if (isUp === this.#isUp || this.#stopped) {
      return;
    }
    this.#isUp = isUp;
    const { location, url } = this;
    if (isUp) {
      this.#isGuardKnown = false;
      this.#options.log.info({ location, url }, 'an sqld server is up');
    } else {
      this.#options.log.warn({ location, url, problem }, 'an sqld server is down');
    }
  }

  /** A namespace that is there is used. Cheap. */
  used(namespace: string): void {
    if (this.#isUp && !this.#isGuardKnown) {
      this.#isGuardKnown = true;
      void this.#checkGuarded(namespace);
    }
  }

  /**
   * A server without the gateway's key takes requests from anybody who reaches it. Asked once of a namespace that is there:
   * that it is not is told before a token is asked for, and asking for `default` would make it, with or without
   * `--disable-default-namespace`.
   */
  async #checkGuarded(namespace: string): Promise<void> {
    const { location, url } = this;
    const status = await fetch(`${url}/v2/pipeline`, {
      method: 'POST',
      headers: { 'x-namespace': namespace },
      body: '{"requests":[]}',
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    }).then(
      (response) => response.status,
      () => undefined,
    );
    if (status === undefined || status === 404) {
      // Nothing is known: a replica may not have the namespace yet.
      this.#isGuardKnown = false;
    } else if (status < 300) {
      this.#options.log.error(
        { location, url, status },
        'an sqld server takes requests without a token: start it with --auth-jwt-key-file (docs/sqld.md)',
      );
    }
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (!this.#stopped) {
      this.#timer = setTimeout(() => void this.probe(), this.#options.probeMs);
      this.#timer.unref();
    }
  }
}
