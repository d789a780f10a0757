/**
 * A request that the host refuses as a whole, as opposed to a statement that fails within it.
 *
 * @module
 */

/** Statuses a host answers with. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 429 | 500 | 503 | 507;

export class HostError extends Error {
  override readonly name = 'HostError';
  readonly status: RefusalStatus;
  /** Stable; clients match on it. docs/data-plane.md lists them. */
  readonly code: string;

  constructor(status: RefusalStatus, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}
