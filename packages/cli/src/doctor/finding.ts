/** What one check of `skerry doctor` found. `detail` says what is so and, unless all is well, what to do. */
export interface Finding {
  readonly check: string;
  /** `hint`: works, but something is worth knowing. */
  readonly result: 'ok' | 'hint' | 'failed';
  readonly detail: string;
}

export type Found = Omit<Finding, 'check'>;

export function ok(detail: string): Found {
  return { result: 'ok', detail };
}

export function hint(detail: string): Found {
  return { result: 'hint', detail };
}

export function failed(detail: string): Found {
  return { result: 'failed', detail };
}
