/**
 * sqld servers on loopback, started and watched by this process: one primary and its replicas, so that the whole product
 * is still one command. A server that ends is started again on the same addresses.
 *
 * A server outlives a gateway that was killed. Its process id is noted, and the next gateway on the data folder (which
 * has the folder's lock, so there is no other) ends it before it starts its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync, closeSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { Logger } from 'pino';

import type { LocalSqldSettings, SqldFleetSettings, SqldServerSettings } from '../../config.ts';
import { StartupError } from '../../startup-error.ts';
import { freePort } from './free-port.ts';

const HOST = '127.0.0.1';
const RESTART_PAUSE_MS = 500;
const START_PATIENCE_MS = 30_000;
const STOP_PATIENCE_MS = 10_000;
const LOOK_MS = 50;

export interface LocalFleetOptions {
  readonly settings: LocalSqldSettings;
  /** `<data folder>/sqld`. */
  readonly folder: string;
  /** Beyond, databases are closed to make room. */
  readonly maxOpenDatabases: number;
  /** Public half of the gateway's key, in PEM: for namespaces without keys of their own. */
  readonly gatewayKeyFile: string;
  readonly log: Logger;
}

interface LocalServer {
  readonly settings: SqldServerSettings;
  readonly folder: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  child: ChildProcess | undefined;
}

export class LocalFleet {
  readonly #options: LocalFleetOptions;
  readonly #servers: LocalServer[] = [];
  readonly #adminKey = randomBytes(24).toString('hex');
  #isStopping = false;

  constructor(options: LocalFleetOptions) {
    this.#options = options;
  }

  /** Resolves when every server answers. @throws StartupError when there is no sqld, or it does not come up */
  async start(): Promise<SqldFleetSettings> {
    const grpcPort = await freePort();
    for (const [location, description] of this.#options.settings.locations) {
      const isPrimary = this.#servers.length === 0;
      this.#servers.push(await this.#prepare(location, description, isPrimary, grpcPort));
    }
    for (const server of this.#servers) {
      await endLeftover(server.folder);
      await this.#launch(server);
      await this.#answers(server);
    }
    const [primary, ...replicas] = this.#servers.map(({ settings }) => settings);
    if (primary === undefined) {
      throw new Error('a fleet without locations');
    }
    const { bottomless } = this.#options.settings;
    return {
      name: 'local',
      isDirect: false,
      adminKey: this.#adminKey,
      bottomless: bottomless?.history,
      primary,
      replicas,
    };
  }

  /** The process of a location's server, for tests. */
  pidAt(location: string): number | undefined {
    return this.#servers.find(({ settings }) => settings.location === location)?.child?.pid;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    // Replicas first: they would take the end of their primary for a fault.
    for (const server of this.#servers.toReversed()) {
      await end(server.child);
      await rm(path.join(server.folder, 'pid'), { force: true });
    }
  }

  kill(): void {
    this.#isStopping = true;
    this.#servers.forEach(({ child }) => child?.kill('SIGKILL'));
  }

  async #prepare(location: string, description: string, isPrimary: boolean, grpcPort: number): Promise<LocalServer> {
    const folder = path.join(this.#options.folder, location);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const http = `${HOST}:${await freePort()}`;
    const admin = `${HOST}:${await freePort()}`;
    const grpc = `${HOST}:${grpcPort}`;
    const bottomless = isPrimary ? this.#options.settings.bottomless : undefined;
    return {
      settings: { location, description, url: `http://${http}`, adminUrl: `http://${admin}` },
      folder,
      arguments: [
        `--db-path=${path.join(folder, 'data')}`,
        `--http-listen-addr=${http}`,
        `--admin-listen-addr=${admin}`,
        isPrimary ? `--grpc-listen-addr=${grpc}` : `--primary-grpc-url=http://${grpc}`,
        '--enable-namespaces',
        '--disable-default-namespace',
        `--auth-jwt-key-file=${this.#options.gatewayKeyFile}`,
        // The gateway has limits of its own, per database.
        '--max-concurrent-connections=4096',
        '--max-concurrent-requests=4096',
        `--max-active-namespaces=${this.#options.maxOpenDatabases}`,
        ...(bottomless === undefined ? [] : ['--enable-bottomless-replication']),
      ],
      environment: bottomless?.environment ?? {},
      child: undefined,
    };
  }

  async #launch(server: LocalServer): Promise<void> {
    const { log, settings } = this.#options;
    const logFile = openSync(path.join(server.folder, 'sqld.log'), 'a', 0o600);
    const child = spawn(settings.binary, server.arguments, {
      cwd: server.folder,
      stdio: ['ignore', logFile, logFile],
      env: { LIBSQL_ADMIN_AUTH_KEY: this.#adminKey, RUST_LOG: 'warn', ...server.environment },
    });
    closeSync(logFile);
    server.child = child;
    await once(child, 'spawn').catch((error: unknown) => {
      throw new StartupError(
        'configuration',
        `The program ${settings.binary} cannot be started: ${error instanceof Error ? error.message : String(error)}`,
        'Install sqld (libSQL server, github.com/tursodatabase/libsql: a release, its container image, or ' +
          '"cargo build --release -p libsql-server") and put it on PATH, or name it with --sqld or SQLD_PATH. ' +
          'Without sqld, leave --engine out.',
        error,
      );
    });
    await writeFile(path.join(server.folder, 'pid'), String(child.pid));
    const { location } = server.settings;
    child.once('exit', (code, signal) => {
      if (this.#isStopping) {
        return;
      }
      log.warn({ location, code, signal }, 'an sqld server ended; starting it again');
      setTimeout(() => {
        if (!this.#isStopping) {
          this.#launch(server).catch((error: unknown) => log.error({ location, err: error }, 'sqld cannot be started'));
        }
      }, RESTART_PAUSE_MS);
    });
  }

  async #answers(server: LocalServer): Promise<void> {
    const { settings, folder, child } = server;
    const { url, location } = settings;
    const deadline = performance.now() + START_PATIENCE_MS;
    while (!(await isHealthy(url))) {
      // One that ended was replaced, and would end again.
      const hasEnded =
        child === undefined || child !== server.child || child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || performance.now() > deadline) {
        throw new StartupError(
          'configuration',
          `The sqld server of location ${location} does not come up.`,
          `Its log is ${path.join(folder, 'sqld.log')}.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

async function isHealthy(url: string): Promise<boolean> {
  return await fetch(`${url}/health`, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Ends a server that an earlier gateway left, if the noted process is one with this folder. Linux tells. */
async function endLeftover(folder: string): Promise<void> {
  const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8').catch(() => ''));
  const commandLine = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
  if (commandLine.split('\0').includes(`--db-path=${path.join(folder, 'data')}`)) {
    process.kill(pid, 'SIGKILL');
    while ((await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '') {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
  await exited;
  clearTimeout(impatience);
}
