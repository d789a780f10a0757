/**
 * A line of the log as a record of OpenTelemetry (its "Logs Data Model"). The line has been through the log's level and its
 * redaction; nothing is added here.
 *
 * @module
 */
import { type Attributes, SeverityNumber } from '@opentelemetry/api';

export interface TracedRecord {
  readonly timestamp: number;
  readonly severityNumber: SeverityNumber;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: Attributes;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
}

/** By pino's levels. */
const SEVERITIES: ReadonlyMap<unknown, SeverityNumber> = new Map([
  [10, SeverityNumber.TRACE],
  [20, SeverityNumber.DEBUG],
  [30, SeverityNumber.INFO],
  [40, SeverityNumber.WARN],
  [50, SeverityNumber.ERROR],
  [60, SeverityNumber.FATAL],
]);

/** @param line as pino writes it */
export function toRecord(line: string): TracedRecord {
  const { level, time, msg, err, traceId, spanId, ...rest } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const severityNumber = SEVERITIES.get(level) ?? SeverityNumber.UNSPECIFIED;
  return {
    timestamp: typeof time === 'number' ? time : Date.now(),
    severityNumber,
    severityText: SeverityNumber[severityNumber],
    body: text(msg) ?? '',
    attributes: { ...rest, ...exceptionOf(err) },
    traceId: text(traceId),
    spanId: text(spanId),
  };
}

/** By the names of the semantic conventions. */
function exceptionOf(error: unknown): Attributes {
  if (typeof error !== 'object' || error === null) {
    return {};
  }
  const { type, message, stack, ...rest } = error as Readonly<Record<string, unknown>>;
  const named = {
    'exception.type': text(type),
    'exception.message': text(message),
    'exception.stacktrace': text(stack),
  };
  return Object.keys(rest).length === 0 ? named : { ...named, error: rest };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
