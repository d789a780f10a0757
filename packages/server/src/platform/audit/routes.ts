import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/audit-logs';
import { type Kysely, sql } from 'kysely';

import type { Tables } from '../../store/tables.ts';
import type { Router } from '../http/router.ts';
import type { Parts } from '../parts.ts';
import { knownCode } from './codes.ts';

const PAGE_SIZE = 100;
const PAGE_SIZE_MAX = 1000;

export function auditRoutes(router: Router, { db }: Pick<Parts, 'db'>): void {
  router.handle(operations.listOrganizationAuditLogs, async ({ organization, query }) => {
    const page = positive('page', query.page, 1);
    const pageSize = Math.min(positive('page_size', query.page_size, PAGE_SIZE), PAGE_SIZE_MAX);
    const entries = entriesOf(db, organization.id, query);
    const { total } = await entries.select(({ fn }) => fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
    const rows = await entries
      .select(['code', 'message', 'origin', 'author', 'data', 'created_at_ms'])
      .orderBy('created_at_ms', 'desc')
      .orderBy('id', 'desc')
      .limit(pageSize)
      .offset((page - 1) * pageSize)
      .execute();
    return {
      audit_logs: rows.map((row) => ({
        code: knownCode(row.code),
        message: row.message,
        origin: row.origin === 'cli' ? ('cli' as const) : ('web' as const),
        author: row.author,
        created_at: new Date(row.created_at_ms).toISOString().replace(/\.\d+Z$/, 'Z'),
        data: JSON.parse(row.data) as Record<string, unknown>,
      })),
      pagination: { page, page_size: pageSize, total_pages: Math.ceil(total / pageSize), total_rows: total },
    };
  });
}

interface Filter {
  readonly code?: string | undefined;
  readonly author?: string | undefined;
  readonly text?: string | undefined;
}

/** A filter that is empty filters nothing. */
function entriesOf(db: Kysely<Tables>, organizationId: string, { code = '', author = '', text = '' }: Filter) {
  let entries = db.selectFrom('audit_log').where('organization_id', '=', organizationId);
  if (code !== '') {
    entries = entries.where('code', '=', code);
  }
  if (author !== '') {
    entries = entries.where('author', '=', author);
  }
  const words = text.trim().toLowerCase();
  if (words !== '') {
    // LIKE of SQLite and of PostgreSQL differ in case; lower() does not, for ASCII, which codes and names are.
    const pattern = `%${words.replaceAll(/[!%_]/g, (sign) => `!${sign}`)}%`;
    entries = entries.where(sql<boolean>`lower(code || ' ' || message) LIKE ${pattern} ESCAPE '!'`);
  }
  return entries;
}

function positive(name: string, text: string | undefined, byDefault: number): number {
  if (text === undefined || text === '') {
    return byDefault;
  }
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new SkerryError('invalid_request', { problem: `${name}: must be a positive whole number` });
  }
  return value;
}
