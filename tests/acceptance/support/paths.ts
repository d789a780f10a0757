/**
 * Every way in which SQL reaches a database, behind one function, so that what must hold on all of them is written once.
 *
 * @module
 */
import type { InValue } from '@libsql/client';

import { httpClient, socketClient, type TestDatabase } from './clients.ts';

type Cell = null | bigint | number | string | Uint8Array;

export interface SqlPath extends Disposable {
  /** Rows of one statement; rejects with an Error when it fails for whatever reason. */
  query(sql: string, args?: readonly Cell[]): Promise<Cell[][]>;
}

export const SQL_PATHS: Readonly<Record<string, (database: TestDatabase) => SqlPath>> = {
  '@libsql/client over HTTP (v2/pipeline)': (database) => clientPath(httpClient(database)),
  '@libsql/client over WebSocket (hrana2)': (database) => clientPath(socketClient(database)),
  'v3/pipeline': pipelinePath,
  'v3/cursor': cursorPath,
};

function clientPath(client: ReturnType<typeof httpClient>): SqlPath {
  return {
    async query(sql, args = []) {
      const { rows } = await client.execute({ sql, args: args as InValue[] });
      return rows.map((row) =>
        Array.from({ length: row.length }, (_, index) => {
          const value = row[index] ?? null;
          return value instanceof ArrayBuffer ? new Uint8Array(value) : value;
        }),
      );
    },
    [Symbol.dispose]() {
      client.close();
    },
  };
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
  switch (typeof value) {
    case 'bigint':
      return { type: 'integer', value: String(value) };
    case 'number':
      return { type: 'float', value };
    case 'string':
      return { type: 'text', value };
    default:
      return value === null ? { type: 'null' } : { type: 'blob', base64: Buffer.from(value).toString('base64') };
  }
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
