/**
 * `node … tests/load/engines.ts`: the two engines side by side, and what the gateway costs in front of sqld. Needs
 * `SQLD_PATH`.
 *
 * Rounds of the targets alternate, and what counts are the ratios within a round: this machine is another one from minute
 * to minute. Every target makes a write as durable as sqld does unless it is told otherwise (`synchronous=NORMAL`).
 *
 *     SQLD_PATH=/usr/local/bin/sqld node packages/cli/bin/node26.mjs tests/load/engines.ts --rounds 5 --seconds 2
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { apiOf, createDatabase } from '../acceptance/support/clients.ts';
import { type Skerry, startSkerry } from '../acceptance/support/skerry.ts';
import { httpLoad } from './loads.ts';
import { latenciesOf, median, medianOf, type Measured } from './statistics.ts';
import { sqld } from './targets.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    databases: { type: 'string', default: '100' },
  },
});
const ROUNDS = Number(flags.rounds);
const SECONDS = Number(flags.seconds);
const DATABASES = Number(flags.databases);
const CONNECTIONS = 16;

const binary = process.env['SQLD_PATH'];
if (binary === undefined) {
  throw new Error('SQLD_PATH must name the program of libSQL’s server');
}

const SCHEMA = `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  INSERT INTO item SELECT i, 'item number ' || i, i / 7.0 FROM n;
  CREATE TABLE event (id INTEGER PRIMARY KEY, name TEXT NOT NULL);`;
const INSERT = { sql: 'INSERT INTO event (name) VALUES (?)', args: [{ type: 'text', value: 'something happened' }] };
const BATCH = [{ sql: 'BEGIN' }, ...Array.from({ length: 100 }, () => INSERT), { sql: 'COMMIT' }];
const LOADS: Readonly<Record<string, object>> = {
  'point select': {
    type: 'execute',
    stmt: { sql: 'SELECT * FROM item WHERE id = ?', args: [{ type: 'integer', value: '500' }] },
  },
  'one-row insert': { type: 'execute', stmt: INSERT },
  '100-row batch': { type: 'batch', batch: { steps: BATCH.map((stmt) => ({ stmt })) } },
  '1,000-row select': { type: 'execute', stmt: { sql: 'SELECT * FROM item' } },
};

interface Target {
  readonly name: string;
  readonly token: string;
  readonly url: string;
  /** Set for those that can have many databases. */
  readonly server?: Skerry;
}

async function skerryTarget(name: string, args: readonly string[]): Promise<Target & { server: Skerry }> {
  const server = await startSkerry({ args: ['--log-level', 'error', ...args] });
  await createDatabase(apiOf(server), 'bench');
  const { jwt } = await apiOf(server).groups.createToken('default');
  return { name, token: jwt, url: `${server.url}/db/skerry/bench`, server };
}

async function send(target: Target, url: string, request: object): Promise<void> {
  const response = await fetch(`${url}/v2/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.token}` },
    body: JSON.stringify({ requests: [request, { type: 'close' }] }),
  });
  const answer = await response.text();
  if (!response.ok || answer.includes('"type":"error"')) {
    throw new Error(`${target.name}: ${answer}`);
  }
}

/** Each database's first and second query, one after another. */
async function inTurn(target: Target & { server: Skerry }): Promise<Measured> {
  const api = apiOf(target.server);
  const timesMs: number[] = [];
  for (let index = 0; index < DATABASES; index += 1) {
    await api.databases.create(`many-${index}`, { group: 'default' });
  }
  const begin = performance.now();
  for (const _round of [1, 2]) {
    for (let index = 0; index < DATABASES; index += 1) {
      const sentMs = performance.now();
      await send(target, `${target.server.url}/db/skerry/many-${index}`, {
        type: 'execute',
        stmt: { sql: 'SELECT 1' },
      });
      timesMs.push(performance.now() - sentMs);
    }
  }
  return { perSecond: timesMs.length / ((performance.now() - begin) / 1000), ...latenciesOf(timesMs) };
}

/** Resident bytes of a server's process and all its children. Linux. */
async function residentMb(server: Skerry): Promise<number> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const bytes = all
    .filter((pid) => commandLine(pid).includes(server.dataDir))
    .map((pid) => Number(/VmRSS:\s+(\d+) kB/.exec(status(pid))?.[1] ?? 0) * 1024);
  return bytes.reduce((sum, one) => sum + one, 0) / 1e6;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function status(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

await using stack = new AsyncDisposableStack();
const alone = stack.use(await sqld(binary));
const embedded = await skerryTarget('Skerry, embedded', ['--synchronous', 'normal']);
stack.use(embedded.server);
const relayed = await skerryTarget('Skerry, sqld behind it', [
  '--synchronous',
  'normal',
  '--engine',
  'sqld',
  '--sqld',
  binary,
]);
stack.use(relayed.server);
const targets: Target[] = [{ name: 'sqld alone', token: alone.token, url: alone.databaseUrl(0) }, embedded, relayed];

for (const target of targets) {
  await send(target, target.url, { type: 'sequence', sql: SCHEMA });
}
const out = (line: string): void => void process.stdout.write(`${line}\n`);
out(`${CONNECTIONS} connections over HTTP, median of ${ROUNDS} rounds of ${SECONDS} s; ratios are within a round`);
out('| load | target | per second | p50 ms | p99 ms | of sqld alone |');
out('| --- | --- | --- | --- | --- | --- |');
for (const [title, request] of Object.entries(LOADS)) {
  const body = JSON.stringify({ requests: [request, { type: 'close' }] });
  const rounds = new Map(targets.map((target) => [target, [] as Measured[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [{ url, token }, measured] of rounds) {
      const orders = { url: `${url}/v2/pipeline`, token, body, connections: CONNECTIONS, seconds: SECONDS };
      measured.push(await httpLoad(orders));
    }
  }
  const [baseline = []] = rounds.values();
  for (const [{ name }, measured] of rounds) {
    const { perSecond, p50Ms, p99Ms } = medianOf(measured);
    const ratio = median(measured.map((one, index) => one.perSecond / (baseline[index]?.perSecond ?? NaN)));
    out(
      `| ${title} | ${name} | ${perSecond.toFixed(0)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | ${ratio.toFixed(2)} |`,
    );
  }
}
for (const target of [embedded, relayed]) {
  const before = await residentMb(target.server);
  const { perSecond, p50Ms, p99Ms } = await inTurn(target);
  const memory = `${before.toFixed(0)} → ${(await residentMb(target.server)).toFixed(0)} MB`;
  out(
    `| ${DATABASES} databases in turn, ${memory} | ${target.name} | ${perSecond.toFixed(0)} | ${p50Ms.toFixed(2)} | ${p99Ms.toFixed(2)} | |`,
  );
}
