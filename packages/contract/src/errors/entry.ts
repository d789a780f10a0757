/**
 * The shape of one entry in the error catalogue.
 *
 * @module
 */

export interface ErrorEntry {
  /** HTTP status, also where the error is reported in a protocol's own way and no status is sent. */
  readonly status: 400 | 401 | 402 | 403 | 404 | 408 | 409 | 413 | 422 | 429 | 431 | 500 | 501 | 503;
  /** What the client reads. `{name}` is replaced by the field of that name. */
  readonly message: string;
  /** What to do about it, for the documentation and the command line. */
  readonly remedy: string;
}

/** Names of the `{fields}` in a message template. */
export type FieldsOf<Template extends string> = Template extends `${string}{${infer Field}}${infer Rest}`
  ? Field | FieldsOf<Rest>
  : never;
