/**
 * Random statements through the whole server, by the official client of the protocol, against SQLite itself.
 *
 * `SKERRY_FUZZ_RUNS` sets how many sequences; a failure prints its seed, and the shortest sequence that shows it.
 */
import process from 'node:process';
import type { DatabaseSync } from 'node:sqlite';

import { openHttp, openWs, type Client, type ProtocolVersion, type Stream, type Value } from '@libsql/hrana-client';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import {
  contentOf,
  openPlain,
  type Outcome,
  runPlain,
  SCHEMA,
  sqliteWords,
  statement,
  type Step,
} from '../../packages/server/src/sql/testing-statements.ts';
import { apiOf, createDatabase, type TestDatabase } from './support/clients.ts';
import { type Skerry, startSkerry } from './support/skerry.ts';

const RUNS = Number(process.env['SKERRY_FUZZ_RUNS'] ?? 8);

let server: Skerry;

beforeAll(async () => {
  // A busy machine may be slow to send the next request of a stream.
  server = await startSkerry({ args: ['--stream-idle', '5m', '--transaction-timeout', '5m'] });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface Way {
  readonly transport: 'http' | 'ws';
  readonly version: ProtocolVersion;
}

/** Statements that are sent without waiting for each other's answers. */
interface Burst {
  readonly as: 'requests' | 'batch' | 'cursor';
  readonly steps: readonly Step[];
}

/** The official client refuses to send an Infinity, and sends -0 in JSON as 0. */
const isSendable = ({ args }: Step): boolean =>
  args.every((arg) => typeof arg !== 'number' || (Number.isFinite(arg) && !Object.is(arg, -0)));

const burst: fc.Arbitrary<Burst> = fc.record({
  as: fc.constantFrom('requests' as const, 'requests' as const, 'batch' as const, 'cursor' as const),
  steps: fc.array(statement.filter(isSendable), { minLength: 1, maxLength: 6 }),
});

type Answer = { readonly [Key in keyof Omit<Outcome, 'inTransaction'>]: Outcome[Key] | undefined };

function comparable(value: unknown): unknown {
  if (value instanceof ArrayBuffer || value instanceof Uint8Array) {
    return Buffer.from(value as Uint8Array).toString('hex');
  }
  return value === 0 ? 0 : value;
}

async function answerOf(stream: Pick<Stream, 'query'>, { sql, args }: Step): Promise<Answer> {
  try {
    const result = await stream.query([sql, args as Value[]]);
    const cols = result.columnNames.map((name, at) => ({ name, decltype: result.columnDecltypes[at] ?? null }));
    const rows = result.rows.map((row) => Array.from(row).map(comparable));
    return { cols, rows, changes: result.affectedRowCount, lastInsertRowid: result.lastInsertRowid ?? null };
  } catch (error) {
    return { error: sqliteWords(error instanceof Error ? error.message : '') };
  }
}

/** All that a burst answers, and whether a transaction is open after it (unknown before version 3). */
async function send(stream: Stream, { as, steps }: Burst): Promise<readonly Answer[]> {
  // One text that cannot be parsed fails its whole batch: that is another test's.
  if (as === 'requests' || steps.some(({ sql }) => sql === 'SELEC 1')) {
    return await Promise.all(steps.map(async (step) => await answerOf(stream, step)));
  }
  const batch = stream.batch(as === 'cursor');
  const answers = steps.map(async (step) => {
    const part = batch.step();
    const query = async (...[given]: Parameters<Stream['query']>) => {
      const rows = await part.query(given);
      if (rows === undefined) {
        throw new Error('a step without a condition was skipped');
      }
      return rows;
    };
    return await answerOf({ query }, step);
  });
  await batch.execute();
  return await Promise.all(answers);
}

function plainAnswers(plain: DatabaseSync, steps: readonly Step[]): readonly Answer[] {
  return steps.map((step) => {
    const { rows, error, cols, changes, lastInsertRowid } = runPlain(plain, step);
    return rows === undefined
      ? { error }
      : { cols, changes, lastInsertRowid, rows: rows.map((row) => (row as unknown[]).map(comparable)) };
  });
}

/** Of a cursor in Protobuf the official client misreads the row id: it takes the sint64 for a uint64. */
function told(as: Burst['as'], answers: readonly Answer[]): readonly Answer[] {
  return as === 'cursor' ? answers.map((answer) => ({ ...answer, lastInsertRowid: undefined })) : answers;
}

function open({ transport, version }: Way, { name, token }: TestDatabase): Client {
  const url = `${server.url}/db/skerry/${name}/`;
  const client =
    transport === 'http'
      ? openHttp(url, token, undefined, undefined, version)
      : openWs(url.replace('http', 'ws'), token, version);
  client.intMode = 'bigint';
  return client;
}

async function dumped({ name, token }: TestDatabase): Promise<DatabaseSync> {
  const response = await fetch(`${server.url}/db/skerry/${name}/dump?preserve_row_ids=true`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const copy = openPlain();
  copy.exec(await response.text());
  // What was written through the schema is seen by the next connection only.
  const image = copy.serialize();
  copy.close();
  const read = openPlain();
  read.deserialize(image);
  return read;
}

test.each<Way>([
  { transport: 'http', version: 2 },
  { transport: 'http', version: 3 },
  { transport: 'ws', version: 2 },
  { transport: 'ws', version: 3 },
])(
  'over $transport, version $version, any sequence of statements does what it does in SQLite and leaves the same',
  async (way) => {
    const api = apiOf(server);
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { minLength: 2, maxLength: 8 }), async (bursts) => {
        count += 1;
        const database = await createDatabase(api, `fuzz-${way.transport}-${way.version}-${count}`);
        const plain = openPlain();
        const client = open(way, database);
        try {
          await client.getVersion();
          const stream = client.openStream();
          await stream.sequence(SCHEMA);
          plain.exec(SCHEMA);
          for (const each of bursts) {
            const as = each.as === 'cursor' && way.version < 3 ? 'batch' : each.as;
            const answers = told(as, await send(stream, { ...each, as }));
            const sent = each.steps.map(({ sql, args }) => ({ sql, args }));
            expect({ as, sent, answers }).toEqual({ as, sent, answers: told(as, plainAnswers(plain, each.steps)) });
            // The client cannot ask before version 3.
            const isAutocommit = way.version === 3 ? await stream.getAutocommit() : !plain.isTransaction;
            expect(isAutocommit).toBe(!plain.isTransaction);
          }
          const version = plain.prepare('PRAGMA user_version').get() as unknown as [bigint];
          expect((await stream.queryValue('PRAGMA user_version')).value).toBe(version[0]);
          if (plain.isTransaction) {
            plain.exec('ROLLBACK');
          }
          // The stream's transaction ends with it.
          stream.closeGracefully();
          const copy = await dumped(database);
          plain.exec('PRAGMA user_version = 0');
          expect(contentOf(copy)).toEqual(contentOf(plain));
          copy.close();
        } finally {
          client.close();
          plain.close();
        }
      }),
      { numRuns: RUNS },
    );
  },
  240_000,
);
