/**
 * The streams and cursors of one socket, and the SQL texts that they share.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { HranaDecodeError } from '@skerry/hrana/shared/errors';
import type { Batch, CursorEntry } from '@skerry/hrana/shared/proto';
import { estimateRowBytes } from '@skerry/hrana/shared/size';
import type { Request, Response } from '@skerry/hrana/ws/proto';

import type { Databases } from '../../instances/databases.ts';
import type { InstanceRef } from '../../relay/messages.ts';
import { batchEntries, runBatch } from '../batch.ts';
import type { HostServices } from '../http/request.ts';
import type { InOrder } from '../in-order.ts';
import { StoredSql } from '../stored-sql.ts';
import { Stream } from '../stream.ts';
import type { Caller } from '../stream.ts';

/** Streams of one socket; clients use up to 20. */
const STREAMS_MAX = 1_000;
/** Entries of one answer to fetch_cursor, and about what they may weigh; a client asks again for more. */
const FETCH_ENTRIES_MAX = 100_000;
const FETCH_BYTES = 1_000_000;

interface SocketStream {
  /** A stream that could not be opened keeps its number, and every request on it fails (specification, "Open stream"). */
  stream: Stream | undefined;
  /** Settles when the request before is done. */
  last: Promise<unknown>;
  /** Requests that are not done. */
  waiting: number;
}

interface Cursor {
  readonly owner: SocketStream;
  /** Undefined until it is open. */
  entries: AsyncGenerator<CursorEntry[]> | undefined;
  readonly held: CursorEntry[];
  readonly stepCount: number;
  /** Steps that have begun, or were passed over. */
  stepsBegun: number;
  isDone: boolean;
}

export class SocketStreams {
  readonly #databases: Databases;
  readonly #instance: InstanceRef;
  readonly #inOrder: InOrder;
  readonly #answersTaken: () => Promise<void>;
  readonly #storedSql = new StoredSql();
  readonly #streams = new Map<number, SocketStream>();
  readonly #cursors = new Map<number, Cursor>();
  #isClosed = false;

  /** @param answersTaken settles when the client takes more answers: nothing is run for one that only sends */
  constructor(
    { databases, inOrder }: Pick<HostServices, 'databases' | 'inOrder'>,
    instance: InstanceRef,
    answersTaken: () => Promise<void>,
  ) {
    this.#databases = databases;
    this.#inOrder = inOrder;
    this.#instance = instance;
    this.#answersTaken = answersTaken;
  }

  /**
   * @param ready the request waits for it, keeping its place among those of its stream
   * @param caller asked when the request is about to run
   * @throws HranaDecodeError (as a rejection) for what closes the socket, other errors for what fails the request
   */
  async respond(request: Request, ready: Promise<void>, caller: () => Caller): Promise<Response> {
    switch (request.type) {
      case 'store_sql':
        this.#storedSql.store(request.sqlId, request.sql);
        await ready;
        return { type: 'store_sql' };
      case 'close_sql':
        this.#storedSql.close(request.sqlId);
        await ready;
        return { type: 'close_sql' };
      case 'open_stream':
        return await this.#open(request.streamId, ready, caller);
      case 'close_stream':
        return await this.#closeStream(request.streamId);
      case 'fetch_cursor':
        return await this.#fetch(request.cursorId, request.maxCount, caller);
      case 'close_cursor':
        return await this.#closeCursor(request.cursorId);
      case 'open_cursor': {
        const owner = this.#find(request.streamId);
        return await this.#openCursor(owner, request.cursorId, request.batch, ready, caller);
      }
      case 'execute':
      case 'batch':
      case 'sequence':
      case 'describe':
      case 'get_autocommit': {
        // A text named by number means what it names now, not what it names when the request's turn comes.
        const owner = this.#find(request.streamId);
        const resolved = this.#withTexts(request);
        return await this.#inTurn(owner, ready, async (stream) => await this.#run(stream, resolved, caller()));
      }
    }
  }

  /**
   * The response to a statement that has to wait for nothing: neither for others of its stream, nor for anybody else.
   * Undefined, and nothing has happened, when that is not so.
   *
   * @param caller asked when nothing is to be waited for
   * @throws what fails the request
   */
  executeNow(
    { streamId, stmt }: Extract<Request, { type: 'execute' }>,
    caller: () => Caller,
  ): Extract<Response, { type: 'execute' }> | undefined {
    const owner = this.#streams.get(streamId);
    const stream = owner?.stream;
    if (owner === undefined || owner.waiting > 0 || stream?.mayAnswer !== true) {
      return undefined;
    }
    const result = stream.executeNow(stmt, caller());
    stream.used();
    return result && { type: 'execute', result };
  }

  closeAll(): void {
    this.#isClosed = true;
    for (const { stream } of this.#streams.values()) {
      stream?.close();
    }
    this.#streams.clear();
    this.#cursors.clear();
  }

  async #run(
    stream: Stream,
    request: Extract<Request, { type: 'execute' | 'batch' | 'sequence' | 'describe' | 'get_autocommit' }>,
    caller: Caller,
  ): Promise<Response> {
    switch (request.type) {
      case 'execute':
        return { type: 'execute', result: await stream.execute(request.stmt, caller) };
      case 'batch':
        return { type: 'batch', result: await runBatch(stream, request.batch, caller) };
      case 'sequence':
        await stream.sequence(request.source, caller);
        return { type: 'sequence' };
      case 'describe':
        return { type: 'describe', result: stream.describe(request.source, caller) };
      case 'get_autocommit':
        return { type: 'get_autocommit', isAutocommit: stream.isAutocommit };
    }
  }

  async #open(streamId: number, ready: Promise<void>, caller: () => Caller): Promise<Response> {
    if (this.#streams.has(streamId)) {
      throw new HranaDecodeError('violation', `Stream ${streamId} already exists`);
    }
    const entry: SocketStream = { stream: undefined, last: Promise.resolve(), waiting: 0 };
    this.#streams.set(streamId, entry);
    const open = async (): Promise<void> => {
      await ready;
      caller();
      if (this.#streams.size > STREAMS_MAX) {
        throw new SkerryError('TOO_MANY_STREAMS', { limit: STREAMS_MAX });
      }
      if (!this.#isClosed) {
        entry.stream = new Stream(this.#databases, this.#instance, this.#storedSql);
      }
    };
    const opening = open();
    entry.last = opening.catch(() => undefined);
    await opening;
    return { type: 'open_stream' };
  }

  async #closeStream(streamId: number): Promise<Response> {
    const owner = this.#find(streamId);
    this.#streams.delete(streamId);
    for (const [cursorId, cursor] of this.#cursors) {
      if (cursor.owner === owner) {
        this.#cursors.delete(cursorId);
      }
    }
    await owner.last;
    owner.stream?.close();
    return { type: 'close_stream' };
  }

  async #openCursor(
    owner: SocketStream,
    cursorId: number,
    batch: Batch,
    ready: Promise<void>,
    caller: () => Caller,
  ): Promise<Response> {
    if (this.#cursors.has(cursorId)) {
      throw new HranaDecodeError('violation', `Cursor ${cursorId} already exists`);
    }
    const resolved = this.#batchWithTexts(batch);
    // The number is taken at once: the client sends its first fetch without waiting.
    const stepCount = batch.steps.length;
    const cursor: Cursor = { owner, entries: undefined, held: [], stepCount, stepsBegun: 0, isDone: false };
    this.#cursors.set(cursorId, cursor);
    return await this.#inTurn(owner, ready, async (stream) => {
      cursor.entries = batchEntries(stream, resolved, caller());
      return await Promise.resolve({ type: 'open_cursor' });
    });
  }

  async #fetch(cursorId: number, maxCount: number, caller: () => Caller): Promise<Response> {
    const cursor = this.#cursors.get(cursorId);
    if (cursor === undefined) {
      throw new HranaDecodeError('violation', `Cursor ${cursorId} not found`);
    }
    return await this.#inTurn(cursor.owner, Promise.resolve(), async (stream) => {
      if (cursor.entries === undefined) {
        throw new SkerryError('CURSOR_NOT_OPEN', { cursor: cursorId });
      }
      const { budget } = caller();
      const count = Math.min(maxCount, FETCH_ENTRIES_MAX);
      let sizeBytes = 0;
      // What a step has done for good is told before the next one may end this process.
      let hasEndedStep = false;
      while (!cursor.isDone && !hasEndedStep && cursor.held.length < count && sizeBytes < FETCH_BYTES) {
        const next = await cursor.entries.next();
        if (next.done === true) {
          cursor.isDone = true;
        } else {
          cursor.held.push(...next.value);
          const [first] = next.value;
          cursor.stepsBegun = first?.type === 'step_begin' ? first.step + 1 : cursor.stepsBegun;
          hasEndedStep =
            stream.isAutocommit && next.value.at(-1)?.type === 'step_end' && cursor.stepsBegun < cursor.stepCount;
          sizeBytes += next.value.reduce(
            (sum, entry) => sum + (entry.type === 'row' ? estimateRowBytes(entry.row) : 0),
            0,
          );
        }
      }
      budget.take(sizeBytes);
      const entries = cursor.held.splice(0, count);
      return { type: 'fetch_cursor', entries, done: cursor.isDone && cursor.held.length === 0 };
    });
  }

  async #closeCursor(cursorId: number): Promise<Response> {
    const cursor = this.#cursors.get(cursorId);
    if (cursor === undefined) {
      throw new HranaDecodeError('violation', `Cursor ${cursorId} not found`);
    }
    return await this.#inTurn(cursor.owner, Promise.resolve(), async () => {
      await cursor.entries?.return(undefined);
      this.#cursors.delete(cursorId);
      return { type: 'close_cursor' };
    });
  }

  /** Runs `work` when what the stream was given before is done, `ready` has come, and the client takes its answers. */
  async #inTurn(
    owner: SocketStream,
    ready: Promise<void>,
    work: (stream: Stream) => Promise<Response>,
  ): Promise<Response> {
    owner.waiting += 1;
    const turn = Promise.all([owner.last, ready]).then(async () => {
      await this.#answersTaken();
      const { stream } = owner;
      if (stream === undefined) {
        throw new SkerryError('STREAM_NOT_OPEN');
      }
      return await stream.use(async () => await this.#inOrder.run(async () => await work(stream)));
    });
    owner.last = turn.catch(() => undefined);
    return await turn.finally(() => (owner.waiting -= 1));
  }

  #find(streamId: number): SocketStream {
    const owner = this.#streams.get(streamId);
    if (owner === undefined) {
      throw new HranaDecodeError('violation', `Stream ${streamId} not found`);
    }
    return owner;
  }

  #withTexts<R extends Request>(request: R): R {
    if (request.type === 'execute') {
      return { ...request, stmt: { ...request.stmt, source: { sql: this.#storedSql.text(request.stmt.source) } } };
    }
    if (request.type === 'batch') {
      return { ...request, batch: this.#batchWithTexts(request.batch) };
    }
    return request.type === 'sequence' || request.type === 'describe'
      ? { ...request, source: { sql: this.#storedSql.text(request.source) } }
      : request;
  }

  #batchWithTexts({ steps }: Batch): Batch {
    return {
      steps: steps.map(({ condition, stmt }) => ({
        condition,
        stmt: { ...stmt, source: { sql: this.#storedSql.text(stmt.source) } },
      })),
    };
  }
}
