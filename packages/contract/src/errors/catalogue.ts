/**
 * Every error that Skerry reports, by its stable code. A code never changes its meaning and is never reused: clients
 * match on codes, people match on messages, so a documented message stays as it is documented.
 *
 * To add one: an entry in the file of its area beside this one; the types, the HTTP status and the docs page
 * follow from it.
 *
 * @module
 */
import { COPY_ERRORS } from './copy-errors.ts';
import { DATA_PLANE_ERRORS } from './data-plane-errors.ts';
import type { ErrorEntry, FieldsOf } from './entry.ts';
import { PEOPLE_ERRORS } from './people-errors.ts';
import { PLATFORM_ERRORS } from './platform-errors.ts';
import { SERVER_DATA_PLANE_ERRORS, SERVER_PLATFORM_ERRORS } from './server-errors.ts';
import { STORE_ERRORS } from './store-errors.ts';

export const ERRORS = {
  ...PLATFORM_ERRORS,
  ...PEOPLE_ERRORS,
  ...SERVER_PLATFORM_ERRORS,
  ...STORE_ERRORS,
  ...COPY_ERRORS,
  ...DATA_PLANE_ERRORS,
  ...SERVER_DATA_PLANE_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** The fields that a code's message needs, and nothing else. */
export type ErrorFields<Code extends ErrorCode> = {
  readonly [Field in FieldsOf<(typeof ERRORS)[Code]['message']>]: string | number;
};

export interface SkerryErrorOptions {
  readonly cause?: unknown;
  /** For the operator's log only; never leaves the server. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error of the catalogue. `message` and `fields` may be shown to the client; `cause` and `details` may not. */
export class SkerryError<Code extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'SkerryError';
  readonly code: Code;
  readonly fields: ErrorFields<Code>;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: Code,
    ...[fields, options]: [FieldsOf<(typeof ERRORS)[Code]['message']>] extends [never]
      ? [fields?: ErrorFields<Code>, options?: SkerryErrorOptions]
      : [fields: ErrorFields<Code>, options?: SkerryErrorOptions]
  ) {
    const given: Readonly<Record<string, string | number>> = fields ?? {};
    super(
      fillTemplate(ERRORS[code].message, given),
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.fields = given as ErrorFields<Code>;
    this.details = options?.details ?? {};
  }

  get status(): ErrorEntry['status'] {
    return ERRORS[this.code].status;
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}

function fillTemplate(template: string, fields: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, field: string) => String(fields[field] ?? whole));
}
