/**
 * The operator's log: lines on standard error, and the same as OpenTelemetry's log records where telemetry is on.
 *
 * A line that belongs to a request tells its id, and its trace when there is one. Where work is handed on by `await`, the
 * facts go along in an `AsyncLocalStorage`, so that no service has to pass them; what comes back over a host's socket names
 * them itself.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import { type DestinationStream, type Logger, multistream, pino } from 'pino';
import pretty from 'pino-pretty';

import type { ServerConfig } from '../config.ts';

/** Whose request it is: `requestId`, and `traceId` and `spanId` where there is a trace. */
export type LogFacts = Readonly<Record<string, string>>;

const NO_FACTS: LogFacts = {};

export class LogContext {
  readonly #storage = new AsyncLocalStorage<LogFacts>();

  /** All lines of this work, and of what it awaits, tell the facts. */
  run<T>(facts: LogFacts, work: () => T): T {
    return this.#storage.run(facts, work);
  }

  get facts(): LogFacts {
    return this.#storage.getStore() ?? NO_FACTS;
  }
}

/** @param records takes each line as JSON; undefined: standard error only */
export function createLog(
  { level, format }: ServerConfig['log'],
  context: LogContext,
  records: DestinationStream | undefined,
): Logger {
  const lines =
    format === 'pretty'
      ? pretty({ translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', destination: 2, sync: true })
      : pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level,
      base: null,
      redact: ['authorization', '*.authorization', 'jwt', '*.jwt'],
      // A copy: pino writes the line's own fields into it.
      mixin: () => ({ ...context.facts }),
    },
    // The level above has sorted out what is not to be told.
    records === undefined
      ? lines
      : multistream([lines, records].map((stream) => ({ stream, level: 'trace' as const }))),
  );
}
