/**
 * `node … tests/load/engines.ts`: the two engines side by side, and what the gateway costs in front of sqld. Needs
 * `SQLD_PATH`; prints the tables of docs/sqld.md.
 *
 *     SQLD_PATH=/usr/local/bin/sqld node packages/cli/bin/node26.mjs tests/load/engines.ts --rounds 5 --seconds 2
 *
 * Rounds of the targets alternate, and what counts are the ratios within a round: a machine is another one from minute
 * to minute. Processor time is that of a target's own processes, which says more than the clock on a busy machine.
 *
 * @module
 */
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import { type EngineTarget, skerryTarget, sqldTarget } from './engine-targets.ts';
import { httpLoad, socketLoad } from './loads.ts';
import { latenciesOf, median, medianOf, type Measured } from './statistics.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    databases: { type: 'string', default: '100,10000' },
  },
});
const ROUNDS = Number(flags.rounds);
const SECONDS = Number(flags.seconds);
const SIZES = flags.databases.split(',').map(Number);
const CONNECTIONS = 16;
/** At once, while each of many databases is made or asked. */
const WORKERS = 16;

const binary = process.env['SQLD_PATH'];
if (binary === undefined) {
  throw new Error('SQLD_PATH must name the program of libSQL’s server');
}

const SCHEMA = `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  INSERT INTO item SELECT i, 'item number ' || i, i / 7.0 FROM n;
  CREATE TABLE event (id INTEGER PRIMARY KEY, name TEXT NOT NULL);`;
const SELECT = { sql: 'SELECT * FROM item WHERE id = ?', args: [{ type: 'integer', value: '500' }] };
const INSERT = { sql: 'INSERT INTO event (name) VALUES (?)', args: [{ type: 'text', value: 'something happened' }] };
const BATCH = [{ sql: 'BEGIN' }, ...Array.from({ length: 100 }, () => INSERT), { sql: 'COMMIT' }];

type Load = (target: EngineTarget) => Promise<Measured>;

const LOADS: Readonly<Record<string, Load>> = {
  'point select': overHttp({ type: 'execute', stmt: SELECT }),
  'point select, WebSocket': async (target) =>
    await socketLoad({
      url: `${target.url('bench').replace(/^http/, 'ws')}/`,
      token: target.token,
      headers: target.headers('bench'),
      sockets: CONNECTIONS,
      seconds: SECONDS,
      stmt: SELECT,
    }),
  'one-row insert': overHttp({ type: 'execute', stmt: INSERT }),
  '100-row batch': overHttp({ type: 'batch', batch: { steps: BATCH.map((stmt) => ({ stmt })) } }),
  '1,000-row select': overHttp({ type: 'execute', stmt: { sql: 'SELECT * FROM item' } }),
};

function overHttp(query: object): Load {
  const body = JSON.stringify({ requests: [query, { type: 'close' }] });
  return async (target) =>
    await httpLoad({
      url: `${target.url('bench')}/v2/pipeline`,
      token: target.token,
      headers: target.headers('bench'),
      body,
      connections: CONNECTIONS,
      seconds: SECONDS,
    });
}

const agent = new Agent({ keepAlive: true });

/**
 * Answers whether the server found the database: sqld may say "not there" of one that it is closing to make room.
 * `fetch` would send head and body apart, and some servers then wait for 40 ms (delayed acknowledgements).
 */
async function send(target: EngineTarget, database: string, query: object): Promise<boolean> {
  const body = JSON.stringify({ requests: [query, { type: 'close' }] });
  const asked = request(`${target.url(database)}/v2/pipeline`, {
    method: 'POST',
    agent,
    headers: {
      authorization: `Bearer ${target.token}`,
      'content-length': Buffer.byteLength(body),
      ...target.headers(database),
    },
  });
  asked.end(body);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const answer = await text(response);
  if (response.statusCode === 404) {
    return false;
  }
  if (response.statusCode !== 200 || answer.includes('"type":"error"')) {
    throw new Error(`${target.name}: ${response.statusCode} ${answer}`);
  }
  return true;
}

interface Round extends Measured {
  readonly cpuUs: number;
}

async function measure(target: EngineTarget, load: Load): Promise<Round> {
  const beforeUs = target.processes.cpuUs();
  const measured = await load(target);
  return { ...measured, cpuUs: (target.processes.cpuUs() - beforeUs) / (measured.perSecond * SECONDS) };
}

/** Work on the databases `many-<from>` … `many-<to - 1>`, in turn, and how long each took. */
async function inTurn(from: number, to: number, work: (database: string) => Promise<void>): Promise<Measured> {
  const timesMs: number[] = [];
  const begin = performance.now();
  let next = from;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < to; index = next++) {
      const sentMs = performance.now();
      await work(`many-${index}`);
      timesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
  return { perSecond: timesMs.length / ((performance.now() - begin) / 1000), ...latenciesOf(timesMs) };
}

const out = (...cells: (string | number)[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);

async function compareLoads(targets: readonly EngineTarget[]): Promise<void> {
  process.stdout.write(
    `${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s; ratios are within a round.\n\n`,
  );
  out('load', 'target', 'per second', 'p50 ms', 'p99 ms', 'CPU µs each', 'of sqld alone');
  out('---', '---', '---', '---', '---', '---', '---');
  for (const [title, load] of Object.entries(LOADS)) {
    const rounds = targets.map(() => [] as Round[]);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, target] of targets.entries()) {
        rounds[index]?.push(await measure(target, load));
      }
    }
    for (const [index, { name }] of targets.entries()) {
      const measured = rounds[index] ?? [];
      const { perSecond, p50Ms, p99Ms } = medianOf(measured);
      const cpuUs = median(measured.map((one) => one.cpuUs));
      const ratio = median(measured.map((one, at) => one.perSecond / (rounds[0]?.[at]?.perSecond ?? NaN)));
      out(title, name, perSecond.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2), cpuUs.toFixed(0), ratio.toFixed(2));
    }
  }
}

/** Every database is asked twice: the first time round most were never opened, or are closed again. */
async function compareSizes(targets: readonly EngineTarget[]): Promise<void> {
  process.stdout.write(`\n${WORKERS} at once; memory is that of all processes of the target.\n\n`);
  out(
    'databases',
    'target',
    'made per second',
    'queries per second',
    'p50 ms',
    'p99 ms',
    'memory before → after',
    'files open',
    'not found',
  );
  out('---', '---', '---', '---', '---', '---', '---', '---', '---');
  for (const target of targets) {
    let made = 0;
    for (const size of SIZES) {
      const before = target.processes.memoryMb();
      const creating = await inTurn(made, size, async (database) => await target.create(database));
      made = size;
      let missed = 0;
      const ask = async (database: string): Promise<void> => {
        const stmt = { sql: 'SELECT count(*) FROM sqlite_schema' };
        missed += (await send(target, database, { type: 'execute', stmt })) ? 0 : 1;
      };
      const rounds = [await inTurn(0, size, ask), await inTurn(0, size, ask)];
      const { perSecond, p50Ms, p99Ms } = medianOf(rounds);
      const memory = `${before.toFixed(0)} → ${target.processes.memoryMb().toFixed(0)} MB`;
      const figures = [creating.perSecond.toFixed(0), perSecond.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2)];
      out(size.toLocaleString('en'), target.name, ...figures, memory, target.processes.openFiles(), missed);
    }
  }
}

await using stack = new AsyncDisposableStack();
const targets = [
  stack.use(await sqldTarget('sqld alone', binary)),
  stack.use(await skerryTarget('Skerry, embedded', [])),
  stack.use(await skerryTarget('Skerry, sqld behind it', ['--engine', 'sqld', '--sqld', binary])),
];
for (const target of targets) {
  await target.create('bench');
  await send(target, 'bench', { type: 'sequence', sql: SCHEMA });
}
await compareLoads(targets);
await compareSizes(targets);
