/**
 * Every way in which SQL reaches a database, behind one function, so that what must hold on all of them is written once.
 *
 * @module
 */
import type { InValue } from '@libsql/client';
import { openWs } from '@libsql/hrana-client';
import { connect } from '@tursodatabase/serverless';

import { httpClient, socketClient, type TestDatabase } from './clients.ts';

type Cell = null | bigint | number | string | Uint8Array;

export interface SqlPath extends Disposable {
  /** Rows of one statement; rejects with an Error when it fails for whatever reason. */
  query(sql: string, args?: readonly Cell[]): Promise<Cell[][]>;
}

export const SQL_PATHS: Readonly<Record<string, (database: TestDatabase) => SqlPath>> = {
  '@libsql/client over HTTP (v2/pipeline)': (database) => clientPath(httpClient(database)),
  '@libsql/client over WebSocket (hrana2)': (database) => clientPath(socketClient(database)),
  '@libsql/hrana-client over WebSocket (hrana3, Protobuf)': hrana3Path,
  '@tursodatabase/serverless (v3/cursor)': serverlessPath,
  'v3/pipeline': pipelinePath,
  'v3/cursor': cursorPath,
};

function clientPath(client: ReturnType<typeof httpClient>): SqlPath {
  return {
    async query(sql, args = []) {
      const { rows } = await client.execute({ sql, args: args as InValue[] });
      return rows.map((row) => Array.from({ length: row.length }, (_, index) => cellOf(row[index])));
    },
    [Symbol.dispose]() {
      client.close();
    },
  };
}

function hrana3Path({ hostname, token }: TestDatabase): SqlPath {
  const client = openWs(`ws://${hostname}`, token, 3);
  const stream = client.openStream();
  stream.intMode = 'bigint';
  return {
    async query(sql, args = []) {
      const { rows } = await stream.query([sql, args as InValue[]]);
      return rows.map((row) => Array.from({ length: row.length }, (_, index) => cellOf(row[index])));
    },
    [Symbol.dispose]() {
      client.close();
    },
  };
}

function serverlessPath({ hostname, token }: TestDatabase): SqlPath {
  const connection = connect({ url: `http://${hostname}`, authToken: token });
  connection.defaultSafeIntegers(true);
  return {
    async query(sql, args = []) {
      const statement = await connection.prepare(sql);
      const rows = (await statement.raw().all([...args])) as unknown[][];
      return rows.map((row) => row.map(cellOf));
    },
    [Symbol.dispose]() {
      void connection.close();
    },
  };
}

function cellOf(value: unknown): Cell {
  // One client gives an ArrayBuffer, another a Buffer.
  return value instanceof ArrayBuffer || value instanceof Uint8Array
    ? new Uint8Array(value)
    : ((value ?? null) as Cell);
}

function pipelinePath(database: TestDatabase): SqlPath {
  return {
    async query(sql, args = []) {
      const text = await post(database, 'v3/pipeline', {
        requests: [{ type: 'execute', stmt: { sql, args: args.map(encode) } }, { type: 'close' }],
      });
      const [result] = (JSON.parse(text) as { results: [PipelineResult] }).results;
      if (result.type === 'error') {
        throw new Error(`${result.error.code}: ${result.error.message}`);
      }
      return result.response.result.rows.map((row) => row.map(decode));
    },
    [Symbol.dispose]: () => undefined,
  };
}

function cursorPath(database: TestDatabase): SqlPath {
  return {
    async query(sql, args = []) {
      const text = await post(database, 'v3/cursor', { batch: { steps: [{ stmt: { sql, args: args.map(encode) } }] } });
      const entries = text
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line) as CursorEntry);
      const failed = entries.find((entry) => entry.type === 'step_error' || entry.type === 'error');
      if (failed?.error !== undefined) {
        throw new Error(`${failed.error.code}: ${failed.error.message}`);
      }
      return entries.flatMap((entry) => (entry.row === undefined ? [] : [entry.row.map(decode)]));
    },
    [Symbol.dispose]: () => undefined,
  };
}

async function post({ hostname, token }: TestDatabase, path: string, body: object): Promise<string> {
  const response = await fetch(`http://${hostname}/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200) {
    throw new Error(`HTTP status ${response.status}: ${text}`);
  }
  return text;
}

interface WireValue {
  readonly type: string;
  readonly value?: string | number;
  readonly base64?: string;
}

type PipelineResult =
  | { readonly type: 'error'; readonly error: { readonly code: string; readonly message: string } }
  | { readonly type: 'ok'; readonly response: { readonly result: { readonly rows: WireValue[][] } } };

interface CursorEntry {
  readonly type: string;
  readonly row?: WireValue[];
  readonly error?: { readonly code: string; readonly message: string };
}

function encode(value: Cell): WireValue {
  if (value === null) {
    return { type: 'null' };
  }
  if (typeof value === 'bigint') {
    return { type: 'integer', value: String(value) };
  }
  if (typeof value === 'number') {
    return { type: 'float', value };
  }
  return typeof value === 'string'
    ? { type: 'text', value }
    : { type: 'blob', base64: Buffer.from(value).toString('base64') };
}

function decode({ type, value, base64 }: WireValue): Cell {
  switch (type) {
    case 'null':
      return null;
    case 'integer':
      return BigInt(value ?? '');
    case 'float':
      return Number(value);
    case 'text':
      return String(value);
    case 'blob':
      return new Uint8Array(Buffer.from(base64 ?? '', 'base64'));
    default:
      throw new Error(`unknown value type ${type}`);
  }
}
