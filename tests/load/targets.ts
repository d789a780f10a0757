/**
 * What is measured: Skerry, the yardsticks (echo.ts, relay.ts), and sqld when there is one; each a process of its own.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '@skerry/server/placement/sqld/free-port';

import { apiOf, createDatabase } from '../acceptance/support/clients.ts';
import { startSkerry } from '../acceptance/support/skerry.ts';

export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly token: string;
  /** In the command line of each of its processes, and of no others. */
  readonly processMark: string;
  /** Base URL of a database, without a trailing slash; the same number is the same database. */
  databaseUrl(index: number): string;
}

/** Databases made for the bench; the load goes to the first, the others are neighbours. */
export const DATABASES = 9;

export async function skerry(): Promise<Target> {
  const server = await startSkerry({ args: ['--log-level', 'error'] });
  const api = apiOf(server);
  for (let index = 0; index < DATABASES; index += 1) {
    await createDatabase(api, `bench-${index}`);
  }
  const { jwt } = await api.groups.createToken('default');
  return {
    name: 'skerry',
    token: jwt,
    processMark: server.dataDir,
    databaseUrl: (index) => `${server.url}/db/skerry/bench-${index}`,
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  };
}

/** Answers with any number of bytes at `/<bytes>`. */
export async function echo(): Promise<{ readonly url: string; readonly processMark: string } & AsyncDisposable> {
  const processMark = randomUUID();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'echo.ts'), processMark], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: `http://127.0.0.1:${line.toString().trim()}`,
    processMark,
    [Symbol.asyncDispose]: async () => await end(child),
  };
}

/** Two processes that do nothing else (relay.ts). */
export async function relay(): Promise<Target> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-bench-relay-'));
  const mark = randomUUID();
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'relay.ts'), mark, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    name: 'bare relay',
    token: 'unused',
    processMark: mark,
    databaseUrl: () => `http://127.0.0.1:${line.toString().trim()}`,
    async [Symbol.asyncDispose]() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** @param binary path of libSQL's server */
export async function sqld(binary: string): Promise<Target> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-bench-sqld-'));
  const port = await freePort();
  const child = spawn(binary, ['--http-listen-addr', `127.0.0.1:${port}`, '--db-path', dataDir], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null) {
      throw new Error(`${binary} ended with code ${child.exitCode}`);
    }
  }
  return {
    name: 'sqld',
    token: 'unused',
    processMark: dataDir,
    databaseUrl: () => url,
    async [Symbol.asyncDispose]() {
      await end(child);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function isHealthy(url: string): Promise<boolean> {
  return await fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill();
    await once(child, 'exit');
  }
}
