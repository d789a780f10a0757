import { z } from 'zod';

import { AUDIT_CODES } from '../audit-codes.ts';
import { inOrganization } from './authority.ts';
import { operation } from './operation.ts';

export const AuditLog = z
  .object({
    code: z.enum(AUDIT_CODES),
    message: z.string(),
    origin: z.enum(['cli', 'web']).describe("`cli` for Turso's own CLI, `web` for everything else."),
    author: z.string().describe('Username.'),
    created_at: z.string().describe('RFC 3339.'),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditLog' });

export const listOrganizationAuditLogs = operation({
  id: 'listOrganizationAuditLogs',
  tag: 'Audit log',
  summary: 'What was changed in the organization, and by whom; newest first.',
  method: 'GET',
  path: '/v1/organizations/{organizationSlug}/audit-logs',
  authority: inOrganization('admin', null),
  query: z.object({
    page: z.string().optional().describe('From 1.'),
    page_size: z.string().optional().describe('At most 1000, by default 100.'),
    code: z.string().optional().describe('Only entries with this code.'),
    author: z.string().optional().describe('Only changes by this username.'),
    text: z.string().optional().describe('Only entries whose code or message contains this, in any case.'),
  }),
  response: z.object({
    audit_logs: z.array(AuditLog),
    pagination: z.object({
      page: z.int(),
      page_size: z.int(),
      total_pages: z.int(),
      total_rows: z.int(),
    }),
  }),
});
