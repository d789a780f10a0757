/**
 * `npm run bench`: how much of a bare HTTP server's pace is left when every request is SQL on a database.
 *
 * Absolute numbers say more of the machine than of the program, and this machine changes from minute to minute. So each
 * load runs in short rounds, one target after another, and what is told is the median of the rounds' ratios to a server
 * that does nothing but answer as many bytes (echo.ts). A bare relay (relay.ts) tells what two processes can do at best on
 * this machine: one that takes requests, one that holds the database. With SQLD_PATH set, libSQL's server runs in the same rounds.
 *
 *     npm run bench -- --rounds 5 --seconds 3 --json
 *
 * @module
 */
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';

import { busiestMs, cpuTimes } from './cpu.ts';
import { httpLoad, socketLoad } from './loads.ts';
import { neighboursOfRunaway } from './runaway.ts';
import { latenciesOf, median, medianOf, type Measured } from './statistics.ts';
import { echo, relay, skerry, sqld, type Target } from './targets.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const ROUNDS = Number(flags.rounds);
const SECONDS = Number(flags.seconds);
const CONNECTIONS = 32;
const ROWS = 1000;

const SCHEMA = `CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
  INSERT INTO item SELECT i, 'item number ' || i, i / 7.0 FROM n;
  CREATE TABLE event (id INTEGER PRIMARY KEY, name TEXT NOT NULL);`;

interface Load {
  readonly title: string;
  readonly over: 'HTTP' | 'WebSocket';
  readonly stmt: object;
}

const POINT_SELECT = { sql: 'SELECT * FROM item WHERE id = ?', args: [{ type: 'integer', value: '500' }] };
const INSERT = { sql: 'INSERT INTO event (name) VALUES (?)', args: [{ type: 'text', value: 'something happened' }] };
const ALL_ROWS = { sql: 'SELECT * FROM item', args: [] };
const LOADS: readonly Load[] = [
  { title: 'point select', over: 'HTTP', stmt: POINT_SELECT },
  { title: 'one-row insert', over: 'HTTP', stmt: INSERT },
  { title: `${ROWS}-row select`, over: 'HTTP', stmt: ALL_ROWS },
  { title: 'point select', over: 'WebSocket', stmt: POINT_SELECT },
  { title: 'one-row insert', over: 'WebSocket', stmt: INSERT },
];

interface Line {
  readonly load: string;
  readonly target: string;
  readonly median: Measured;
  /** Throughput by that of the echo server in the same round; the median of the rounds. */
  readonly ratioToEcho: number;
  /** CPU time of one request in the process that takes most of it, in microseconds; only where it can be told. */
  readonly busiestUs: number | undefined;
  /**
   * That of the echo server by that of the target: what the ratio would be if each process had a core of its own. The
   * median of the rounds.
   */
  readonly coreRatioToEcho: number | undefined;
}

interface Round extends Measured {
  readonly busiestUs: number | undefined;
}

await using stack = new AsyncDisposableStack();
const echoServer = stack.use(await echo());
const targets: Target[] = [stack.use(await skerry()), stack.use(await relay())];
const sqldPath = process.env['SQLD_PATH'];
if (sqldPath !== undefined) {
  targets.push(stack.use(await sqld(sqldPath)));
}

const lines: Line[] = [];
for (const target of targets) {
  await post(target, { type: 'sequence', sql: SCHEMA });
}
for (const load of LOADS) {
  lines.push(...(await measure(load)));
}
const rowsRatio = await inProcessRatio(lines);
const [first] = targets;
const neighbours = first === undefined ? undefined : await neighboursOfRunaway(first, SECONDS);
if (flags.json) {
  process.stdout.write(`${JSON.stringify({ lines, rowsRatio, neighbours }, undefined, 2)}\n`);
} else {
  process.stdout.write(report());
}

async function measure(load: Load): Promise<Line[]> {
  const answerBytes = (await post(targets[0] as Target, { type: 'execute', stmt: load.stmt })).length;
  const echoTarget: Target = {
    name: 'echo',
    token: '',
    processMark: echoServer.processMark,
    databaseUrl: () => `${echoServer.url}/${answerBytes}`,
    [Symbol.asyncDispose]: async () => await Promise.resolve(),
  };
  const rounds = new Map([echoTarget, ...targets].map((target) => [target, [] as Round[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [target, measured] of rounds) {
      measured.push(await runAndWatch(load, target));
    }
  }
  const echoRounds = rounds.get(echoTarget) ?? [];
  return [...rounds].map(([target, measured]) => {
    const { busiestUs, coreRatioToEcho } = coreFigures(measured, echoRounds);
    return {
      load: `${load.title}, ${load.over}`,
      target: target.name,
      median: medianOf(measured),
      ratioToEcho: median(measured.map(({ perSecond }, index) => perSecond / (echoRounds[index]?.perSecond ?? NaN))),
      busiestUs,
      coreRatioToEcho,
    };
  });
}

function coreFigures(
  measured: readonly Round[],
  echoRounds: readonly Round[],
): Pick<Line, 'busiestUs' | 'coreRatioToEcho'> {
  const both = measured.flatMap(({ busiestUs }, index) => {
    const echoUs = echoRounds[index]?.busiestUs;
    return busiestUs === undefined || echoUs === undefined ? [] : [{ busiestUs, ratio: echoUs / busiestUs }];
  });
  return both.length === 0
    ? { busiestUs: undefined, coreRatioToEcho: undefined }
    : {
        busiestUs: median(both.map(({ busiestUs }) => busiestUs)),
        coreRatioToEcho: median(both.map(({ ratio }) => ratio)),
      };
}

async function runAndWatch(load: Load, target: Target): Promise<Round> {
  const before = cpuTimes(target.processMark);
  const measured = await run(load, target);
  const spentMs = busiestMs(before, cpuTimes(target.processMark));
  return {
    ...measured,
    busiestUs: spentMs === undefined ? undefined : (spentMs * 1000) / (measured.perSecond * SECONDS),
  };
}

async function run({ over, stmt }: Load, target: Target): Promise<Measured> {
  const isEcho = target.name === 'echo';
  const url = target.databaseUrl(0);
  const { token } = target;
  return over === 'HTTP'
    ? await httpLoad({
        url: isEcho ? url : `${url}/v2/pipeline`,
        token,
        body: JSON.stringify({ requests: [{ type: 'execute', stmt }, { type: 'close' }] }),
        connections: CONNECTIONS,
        seconds: SECONDS,
      })
    : await socketLoad({ url: url.replace('http', 'ws'), token, sockets: CONNECTIONS, seconds: SECONDS, stmt });
}

async function post(target: Target, request: object): Promise<string> {
  const response = await fetch(`${target.databaseUrl(0)}/v2/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.token}` },
    body: JSON.stringify({ requests: [request, { type: 'close' }] }),
  });
  const text = await response.text();
  if (!response.ok || text.includes('"type":"error"')) {
    throw new Error(`${target.name}: ${text}`);
  }
  return text;
}

/** Rows a second over HTTP, by rows a second of node:sqlite and JSON.stringify in one process. */
async function inProcessRatio(measured: readonly Line[]): Promise<number> {
  const database = new DatabaseSync(':memory:', { returnArrays: true });
  database.exec(SCHEMA);
  const statement = database.prepare(ALL_ROWS.sql);
  const timesMs: number[] = [];
  for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) {
    const begin = performance.now();
    Buffer.byteLength(JSON.stringify(statement.all()));
    timesMs.push(performance.now() - begin);
  }
  database.close();
  const overHttp = measured.find(({ load, target }) => load.startsWith(`${ROWS}-row`) && target === 'skerry');
  return await Promise.resolve((overHttp?.median.perSecond ?? NaN) / (1000 / latenciesOf(timesMs).p50Ms));
}

function report(): string {
  const rows = lines.map(({ load, target, median: { perSecond, p50Ms, p99Ms }, ...line }) => [
    load,
    target,
    perSecond.toFixed(0),
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    line.ratioToEcho.toFixed(2),
    line.busiestUs?.toFixed(0) ?? 'unknown',
    line.coreRatioToEcho?.toFixed(2) ?? 'unknown',
  ]);
  const heads = ['load', 'target', 'per second', 'p50 ms', 'p99 ms', 'of echo', 'busiest us', 'of echo, by core'];
  const table = [heads, ...rows];
  const widths = table.reduce<number[]>(
    (max, row) => row.map((cell, index) => Math.max(cell.length, max[index] ?? 0)),
    [],
  );
  const text = table.map((row) => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '));
  return `${[
    `${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s`,
    '',
    ...text,
    '',
    `${ROWS}-row select over HTTP: ${rowsRatio.toFixed(2)} of node:sqlite and JSON.stringify in one process`,
    ...(neighbours === undefined ? [] : ['', ...neighbours.report]),
  ].join('\n')}\n`;
}
