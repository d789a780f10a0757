interface AuditFacts {
  readonly code: string;
  readonly message: string;
  readonly author: string;
}

export interface AuditFilter {
  readonly code?: string;
  readonly author?: string;
  /** In the message or the kind, in any case. */
  readonly text?: string;
}

export function filterAudit<Entry extends AuditFacts>(entries: readonly Entry[], filter: AuditFilter): Entry[] {
  const words = (filter.text ?? '').trim().toLowerCase();
  return entries.filter(
    ({ code, message, author }) =>
      (filter.code === undefined || filter.code === '' || code === filter.code) &&
      (filter.author === undefined || filter.author === '' || author === filter.author) &&
      (words === '' || `${code} ${message}`.toLowerCase().includes(words)),
  );
}
