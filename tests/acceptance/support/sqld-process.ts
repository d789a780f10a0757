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

import { freePort } from './free-port.ts';

/** Path of the program; tests that need it are skipped without. */
export const SQLD_PATH = process.env['SQLD_PATH'] === '' ? undefined : process.env['SQLD_PATH'];

export class SqldProcess implements AsyncDisposable {
  readonly location: string;
  readonly url: string;
  readonly adminUrl: string;
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(
    location: string,
    addresses: { readonly url: string; readonly adminUrl: string },
    args: readonly string[],
  ) {
    this.location = location;
    this.url = addresses.url;
    this.adminUrl = addresses.adminUrl;
    this.#arguments = args;
  }

  /** Not started yet. @param folder of its files */
  static async prepare(
    location: string,
    folder: string,
    options: { readonly args: readonly string[] },
  ): Promise<SqldProcess> {
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
    return new SqldProcess(location, addresses, args);
  }

  /** For a port that is none of `prepare`'s. */
  static async freeAddress(): Promise<string> {
    return `127.0.0.1:${await freePort()}`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn(SQLD_PATH ?? '', this.#arguments, { stdio: 'ignore', env: { RUST_LOG: 'error' } });
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
  options: { readonly direct?: boolean } = {},
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
