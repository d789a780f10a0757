/**
 * The second yardstick: what two processes can do at best. A bare node:http and ws server hands each request to another
 * process, which runs its statement with node:sqlite and makes Hrana's answer of it. No token, no limit, no transaction,
 * nothing is checked. Run as a process of its own; prints its port.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createConnection, createServer as createPipe } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';

import { WebSocketServer } from 'ws';

/** Of a frame: length of its payload, number of its request. */
const HEADER_BYTES = 8;

interface Statement {
  readonly sql: string;
  readonly args?: readonly { readonly type: string; readonly value: string }[];
}

interface Asked {
  readonly requests?: readonly { readonly type: string; readonly stmt?: Statement; readonly sql?: string }[];
  readonly request_id?: number;
  readonly request?: { readonly type: string; readonly stmt?: Statement };
}

const [mark = '', folder = '', role] = process.argv.slice(2);
const pipe = path.join(folder, 'pipe');
if (role === 'host') {
  host();
} else {
  gateway();
}

/** Frames that leave together, and those that come. */
function frames(socket: Socket, take: (id: number, payload: string) => void): (id: number, payload: Buffer) => void {
  let queue: Buffer[] = [];
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES && bytes.length - at - HEADER_BYTES >= bytes.readUInt32BE(at)) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at);
      take(bytes.readUInt32BE(at + 4), bytes.toString('latin1', at + HEADER_BYTES, end));
      at = end;
    }
    rest = bytes.subarray(at);
  });
  const flush = (): void => {
    const leaving = queue;
    queue = [];
    socket.write(leaving.length === 1 && leaving[0] !== undefined ? leaving[0] : Buffer.concat(leaving));
  };
  return (id, payload) => {
    const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
    frame.writeUInt32BE(payload.length, 0);
    frame.writeUInt32BE(id, 4);
    frame.set(payload, HEADER_BYTES);
    if (queue.push(frame) === 1) {
      setImmediate(flush);
    }
  };
}

function gateway(): void {
  const waiting = new Map<number, (answer: string) => void>();
  let last = 0;
  let send: ReturnType<typeof frames> | undefined;
  const ask = (body: Buffer, answer: (text: string) => void): void => {
    last += 1;
    waiting.set(last, answer);
    send?.(last, body);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      ask(Buffer.concat(chunks), (text) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
        response.end(text, 'latin1');
      }),
    );
  });
  new WebSocketServer({ server, handleProtocols: ([first]) => first ?? false }).on('connection', (socket) => {
    socket.on('message', (message) => ask(message as Buffer, (text) => socket.send(text)));
  });
  createPipe((socket) => {
    send = frames(socket, (id, text) => {
      waiting.get(id)?.(text);
      waiting.delete(id);
    });
    server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
  }).listen(pipe, () => {
    const own = [import.meta.filename, mark, folder, 'host'];
    const child = spawn(process.execPath, own, { stdio: ['ignore', 'ignore', 'inherit'] });
    process.on('SIGTERM', () => {
      child.kill();
      process.exit();
    });
  });
}

function host(): void {
  const database = new DatabaseSync(path.join(folder, 'data.db'), { returnArrays: true, readBigInts: true });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  const prepared = new Map<string, { readonly statement: StatementSync; readonly cols: string }>();
  const run = ({ sql, args = [] }: Statement): string => {
    let known = prepared.get(sql);
    if (known === undefined) {
      const statement = database.prepare(sql);
      known = {
        statement,
        cols: JSON.stringify(statement.columns().map(({ name, type }) => ({ name, decltype: type }))),
      };
      prepared.set(sql, known);
    }
    const rows = known.statement.all(...args.map(({ type, value }) => (type === 'integer' ? BigInt(value) : value)));
    const text = (rows as unknown as SQLOutputValue[][]).map((row) => `[${row.map(cell).join(',')}]`).join(',');
    return `{"cols":${known.cols},"rows":[${text}],"affected_row_count":0,"last_insert_rowid":null}`;
  };
  const answer = ({ requests, request_id, request }: Asked): string => {
    if (request !== undefined) {
      const result = request.stmt === undefined ? '' : `,"result":${run(request.stmt)}`;
      return `{"type":"response_ok","request_id":${request_id},"response":{"type":"${request.type}"${result}}}`;
    }
    const results = (requests ?? []).map(({ type, stmt, sql }) => {
      if (sql !== undefined) {
        database.exec(sql);
      }
      return `{"type":"ok","response":{"type":"${type}"${stmt === undefined ? '' : `,"result":${run(stmt)}`}}}`;
    });
    return requests === undefined
      ? '{"type":"hello_ok"}'
      : `{"baton":null,"base_url":null,"results":[${results.join(',')}]}`;
  };
  const socket = createConnection(pipe);
  const send = frames(socket, (id, text) => send(id, Buffer.from(answer(JSON.parse(text) as Asked))));
  socket.on('close', () => process.exit());
}

function cell(value: SQLOutputValue): string {
  if (value === null) {
    return '{"type":"null"}';
  }
  return typeof value === 'bigint'
    ? `{"type":"integer","value":"${value}"}`
    : `{"type":"${typeof value === 'number' ? 'float' : 'text'}","value":${JSON.stringify(value)}}`;
}
