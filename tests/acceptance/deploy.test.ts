/**
 * The command lines in `deploy/` start what they say: a primary and a replica of libSQL's server, as the units and the
 * Compose file have them, behind a Skerry that was there before them. Only addresses, folders and the gateway's key are
 * those of this machine. Runs when `SQLD_PATH` names the program, and is skipped otherwise.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '@skerry/server/placement/sqld/free-port';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { apiOf, createDatabase, httpClient } from './support/clients.ts';
import { startSkerry } from './support/skerry.ts';
import { SQLD_PATH } from './support/sqld-process.ts';

const DEPLOY = path.resolve(import.meta.dirname, '../../deploy');
const ADMIN_KEY = 'a-key-of-this-test';
const SERVERS = ['primary', 'replica'] as const;
const START_MS = 120_000;
const ALARM = 'takes requests without a token';

type Role = (typeof SERVERS)[number];
type Ports = Readonly<Record<Role, { readonly http: number; readonly admin: number }>> & { readonly grpc: number };
type CommandOf = (role: Role) => Promise<string[]>;

let folder: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'skerry-deploy-'));
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  await rm(folder, { recursive: true });
});

/** What `ExecStart` says after the program's name. */
async function commandOfUnit(role: Role): Promise<string[]> {
  const unit = await readFile(path.join(DEPLOY, `systemd/sqld-${role}.service`), 'utf8');
  const line = /^ExecStart=\S+((?:.*\\\n)*.*)$/m.exec(unit)?.[1] ?? '';
  return line.replaceAll('\\\n', ' ').trim().split(/\s+/);
}

async function commandOfService(role: Role): Promise<string[]> {
  const file = await readFile(path.join(DEPLOY, 'compose/compose.yaml'), 'utf8');
  const service = file.split(role === 'primary' ? '\n  fra:\n' : '\n  ams:\n')[1] ?? '';
  const command = /command:\n((?: {6}- .*\n)+)/.exec(service)?.[1] ?? '';
  const [program, ...flags] = [...command.matchAll(/- (.*)\n/g)].map((match) => match[1] ?? '');
  expect(program).toBe('sqld');
  return flags;
}

async function freePorts(): Promise<Ports> {
  return {
    primary: { http: await freePort(), admin: await freePort() },
    replica: { http: await freePort(), admin: await freePort() },
    grpc: await freePort(),
  };
}

async function askWithoutToken(port: number): Promise<number> {
  const headers = { 'x-namespace': 'default' };
  const body = '{"requests":[]}';
  return (await fetch(`http://127.0.0.1:${port}/v2/pipeline`, { method: 'POST', headers, body })).status;
}

/** Addresses and folders of this machine in place of those of the deployment. */
function here(flag: string, role: Role, ports: Ports, dataDir: string): string {
  return flag
    .replace('0.0.0.0:8080', `127.0.0.1:${ports[role].http}`)
    .replace('0.0.0.0:9090', `127.0.0.1:${ports[role].admin}`)
    .replace('0.0.0.0:5001', `127.0.0.1:${ports.grpc}`)
    .replace(/http:\/\/fra:5001|\$\{PRIMARY_GRPC_URL\}/, `http://127.0.0.1:${ports.grpc}`)
    .replace('/etc/sqld/gateway-key.pem', path.join(dataDir, 'sqld/gateway-key.pem'))
    .replace('/var/lib/sqld', path.join(folder, role));
}

/** @param key variables that name the gateway's key; by default as Compose has it, where no flag names it */
async function startServer(
  role: Role,
  commandOf: CommandOf,
  ports: Ports,
  dataDir: string,
  key?: Readonly<Record<string, string>>,
): Promise<void> {
  const flags = (await commandOf(role)).map((flag) => here(flag, role, ports, dataDir));
  const byCompose = async (): Promise<Record<string, string>> => ({
    SQLD_AUTH_JWT_KEY: (await readFile(path.join(dataDir, 'sqld/gateway-key.pub'), 'utf8')).trim(),
  });
  const environment = {
    LIBSQL_ADMIN_AUTH_KEY: ADMIN_KEY,
    // Of Compose; a flag wins.
    SQLD_DB_PATH: path.join(folder, role),
    ...(key ?? (flags.includes('--auth-jwt-key-file') ? {} : await byCompose())),
  };
  children.push(spawn(SQLD_PATH ?? '', flags, { stdio: 'ignore', cwd: folder, env: environment }));
}

async function writeFleets(ports: Ports): Promise<string> {
  const file = path.join(folder, 'fleets.json');
  await cp(path.join(DEPLOY, 'compose/fleets.json'), file);
  const text = (await readFile(file, 'utf8'))
    .replace('/run/secrets/sqld-admin-key', path.join(folder, 'admin-key'))
    .replace('fra:8080', `127.0.0.1:${ports.primary.http}`)
    .replace('fra:9090', `127.0.0.1:${ports.primary.admin}`)
    .replace('ams:8080', `127.0.0.1:${ports.replica.http}`)
    .replace('ams:9090', `127.0.0.1:${ports.replica.admin}`);
  await writeFile(file, text);
  await writeFile(path.join(folder, 'admin-key'), ADMIN_KEY);
  return file;
}

describe.skipIf(SQLD_PATH === undefined)('deploy/ (skipped unless SQLD_PATH names the program)', () => {
  test.each<[string, CommandOf]>([
    ['the systemd units', commandOfUnit],
    ['the Compose file', commandOfService],
  ])('the command lines of %s start a primary and a replica that Skerry serves a database through', async (_, of) => {
    const ports = await freePorts();
    // Skerry comes first: it makes the gateway's key, which the servers are started with.
    await using server = await startSkerry({ args: ['--sqld-fleets', await writeFleets(ports)] });
    for (const role of SERVERS) {
      await startServer(role, of, ports, server.dataDir);
    }
    await vi.waitUntil(
      async () => {
        const { parts } = (await (await fetch(`${server.url}/readyz`)).json()) as { parts: Record<string, string> };
        return parts['sqld fra'] === 'up' && parts['sqld ams'] === 'up';
      },
      { timeout: START_MS, interval: 50 },
    );
    const api = apiOf(server);
    await api.groups.create('europe', 'fra');
    await api.groups.addLocation('europe', 'ams');
    const database = await createDatabase(api, 'shop', 'europe');
    using client = httpClient(database);
    await client.execute('CREATE TABLE t (a)');
    await client.execute('INSERT INTO t VALUES (42)');
    expect((await client.execute('SELECT a FROM t')).rows[0]?.['a']).toBe(42n);
    // Nobody but Skerry is let in by the servers.
    for (const role of SERVERS) {
      expect(await askWithoutToken(ports[role].http)).toBe(401);
    }
    expect(server.output()).not.toContain(ALARM);
  });

  test('a server that was started without the gateway’s key is told of in the log', async () => {
    const ports = await freePorts();
    await using server = await startSkerry({ args: ['--sqld-fleets', await writeFleets(ports)] });
    const flags = await commandOfUnit('primary');
    const without = async (): Promise<string[]> => {
      const at = flags.indexOf('--auth-jwt-key-file');
      return await Promise.resolve(flags.toSpliced(at, 2));
    };
    await startServer('primary', without, ports, server.dataDir, {});
    const api = apiOf(server);
    await vi.waitUntil(
      async () =>
        await api.groups.create('europe', 'fra').then(
          async () => await api.databases.create('shop', { group: 'europe' }),
          () => false,
        ),
      { timeout: START_MS, interval: 50 },
    );
    await vi.waitUntil(() => server.output().includes(ALARM), { timeout: START_MS, interval: 50 });
    expect(await askWithoutToken(ports.primary.http)).toBe(200);
  });
});
