/**
 * libSQL's server as somebody else would run it beside Skerry: a process at addresses of its own, which a test stops and
 * starts again.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';

import { freePort } from '@skerry/server/placement/sqld/free-port';

/** Path of the program; tests that need it are skipped without. */
export const SQLD_PATH = process.env['SQLD_PATH'] === '' ? undefined : process.env['SQLD_PATH'];

export interface SqldProcessOptions {
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export class SqldProcess implements AsyncDisposable {
  readonly location: string;
  readonly url: string;
  readonly adminUrl: string;
  readonly #folder: string;
  readonly #arguments: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  private constructor(
    location: string,
    addresses: { readonly url: string; readonly adminUrl: string },
    folder: string,
    options: SqldProcessOptions,
  ) {
    this.location = location;
    this.url = addresses.url;
    this.adminUrl = addresses.adminUrl;
    this.#folder = folder;
    this.#arguments = options.args;
    this.#environment = options.environment ?? {};
  }

  /** Not started yet. @param folder of its files */
  static async prepare(location: string, folder: string, options: SqldProcessOptions): Promise<SqldProcess> {
    await mkdir(folder, { recursive: true });
    const http = `127.0.0.1:${await freePort()}`;
    const admin = `127.0.0.1:${await freePort()}`;
    const args = [
      `--db-path=${path.join(folder, 'data')}`,
      `--http-listen-addr=${http}`,
      `--admin-listen-addr=${admin}`,
      '--enable-namespaces',
      '--disable-default-namespace',
      ...options.args,
    ];
    const addresses = { url: `http://${http}`, adminUrl: `http://${admin}` };
    return new SqldProcess(location, addresses, folder, { ...options, args });
  }

  /** For a port that is none of `prepare`'s. */
  static async freeAddress(): Promise<string> {
    return `127.0.0.1:${await freePort()}`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn(path.resolve(SQLD_PATH ?? ''), this.#arguments, {
      stdio: 'ignore',
      // Bottomless replication puts batches into a folder here before it stores them.
      cwd: this.#folder,
      env: { RUST_LOG: 'error', ...this.#environment },
    });
    this.#child = child;
    while (!(await isHealthy(this.url))) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`sqld ended with ${child.exitCode ?? child.signalCode}`);
      }
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}

/** The file for `--sqld-fleets`. */
export async function writeFleet(
  file: string,
  primary: SqldProcess,
  replicas: readonly SqldProcess[] = [],
  options: { readonly direct?: boolean; readonly bottomless?: object } = {},
): Promise<void> {
  const serverOf = ({ location, url, adminUrl }: SqldProcess) => ({ location, url, adminUrl });
  const fleet = { name: 'test', ...options, primary: serverOf(primary), replicas: replicas.map(serverOf) };
  await writeFile(file, JSON.stringify({ fleets: [fleet] }));
}

async function isHealthy(url: string): Promise<boolean> {
  return await fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
