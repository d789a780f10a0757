/**
 * The three ways to have a database that engines.ts compares: sqld by itself, Skerry's own engine, Skerry before an sqld.
 * All judge tokens, and all make a write as durable as sqld does unless it is told otherwise (`synchronous=NORMAL`).
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '@skerry/server/placement/sqld/free-port';

import { signJwt } from '../../packages/server/src/access/jwt.ts';
import { newSigningKey, pemOf, privateKeyOf, publicKeyOf } from '../../packages/server/src/access/signing-keys.ts';
import { apiOf } from '../acceptance/support/clients.ts';
import { startSkerry } from '../acceptance/support/skerry.ts';
import { Processes } from './processes.ts';
import { isHealthy } from './targets.ts';

export interface EngineTarget extends AsyncDisposable {
  readonly name: string;
  /** Good for every database. */
  readonly token: string;
  readonly processes: Processes;
  create(database: string): Promise<void>;
  /** Without a slash at the end. */
  url(database: string): string;
  headers(database: string): Readonly<Record<string, string>>;
}

export async function skerryTarget(name: string, args: readonly string[]): Promise<EngineTarget> {
  const server = await startSkerry({ args: ['--log-level', 'error', '--synchronous', 'normal', ...args] });
  const api = apiOf(server);
  const { jwt } = await api.groups.createToken('default');
  return {
    name,
    token: jwt,
    processes: new Processes(server.dataDir),
    create: async (database) => void (await api.databases.create(database, { group: 'default' })),
    url: (database) => `${server.url}/db/skerry/${database}`,
    headers: () => ({}),
    [Symbol.asyncDispose]: async () => await server[Symbol.asyncDispose](),
  };
}

/** With namespaces and a key, as it stands behind Skerry; its clients bring tokens of that key themselves. */
export async function sqldTarget(name: string, binary: string): Promise<EngineTarget> {
  const folder = await mkdtemp(path.join(tmpdir(), 'skerry-bench-sqld-'));
  const key = newSigningKey();
  const keyFile = path.join(folder, 'key.pem');
  await writeFile(keyFile, pemOf(publicKeyOf(key)));
  const url = `http://127.0.0.1:${await freePort()}`;
  const admin = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(
    binary,
    [
      `--db-path=${path.join(folder, 'data')}`,
      `--http-listen-addr=${new URL(url).host}`,
      `--admin-listen-addr=${new URL(admin).host}`,
      `--auth-jwt-key-file=${keyFile}`,
      '--enable-namespaces',
      '--disable-default-namespace',
      '--max-concurrent-connections=4096',
      '--max-concurrent-requests=4096',
      // Skerry's --max-open-databases.
      '--max-active-namespaces=2000',
    ],
    { stdio: 'ignore', env: { RUST_LOG: 'warn' } },
  );
  while (!(await isHealthy(url))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${binary} ended with ${child.exitCode ?? child.signalCode}`);
    }
  }
  return {
    name,
    // Without claims of ours: full access to everything.
    token: signJwt({}, key.id, privateKeyOf(key)),
    processes: new Processes(folder),
    async create(database) {
      const response = await fetch(`${admin}/v1/namespaces/${database}/create`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      if (!response.ok) {
        throw new Error(`${database} was not made: ${await response.text()}`);
      }
    },
    url: () => url,
    headers: (database) => ({ 'x-namespace': database }),
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) {
        await once(child, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
