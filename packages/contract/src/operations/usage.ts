import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { operation } from './operation.ts';

const Usage = z
  .object({
    rows_read: z.int(),
    rows_written: z.int(),
    storage_bytes: z.int().describe('Now, whatever span of time was asked for.'),
    bytes_synced: z.int(),
  })
  .meta({ id: 'Usage' });

/** The sum is called `total` in the API's documents and `usage` by SDK and CLI. */
export const DatabaseUsage = z
  .object({
    uuid: z.string().describe('DbId.'),
    instances: z.array(z.object({ uuid: z.string(), usage: Usage })),
    total: Usage,
    usage: Usage,
  })
  .meta({ id: 'DatabaseUsage' });

const TopQuery = z.object({ query: z.string(), rows_read: z.int(), rows_written: z.int() }).meta({ id: 'TopQuery' });

const span = z.object({
  from: z.string().optional().describe('RFC 3339; by default the start of this month (UTC).'),
  to: z.string().optional().describe('RFC 3339; by default now.'),
});

const database = '/v1/organizations/{organizationSlug}/databases/{databaseName}';
const tag = 'Usage';

export const getDatabaseUsage = operation({
  id: 'getDatabaseUsage',
  tag,
  summary: 'Rows read and written, bytes synced, and size, by instance; counted by the hour.',
  method: 'GET',
  path: `${database}/usage`,
  authority: inOrganization('viewer', 'read'),
  query: span,
  response: z.object({ database: DatabaseUsage }),
  errors: ['database_not_found', 'time_invalid'],
});

export const getDatabaseStats = operation({
  id: 'getDatabaseStats',
  tag,
  summary: 'The queries of the last 24 hours that read and wrote most rows.',
  method: 'GET',
  path: `${database}/stats`,
  authority: inOrganization('viewer', 'read'),
  response: z.object({ top_queries: z.array(TopQuery).nullable() }),
  errors: ['database_not_found'],
});

/** The same as the CLI reads it. */
export const listTopQueries = operation({
  id: 'listTopQueries',
  tag,
  summary: 'The queries since a time, at most 24 hours ago, that read and wrote most rows.',
  method: 'GET',
  path: `${database}/usage/queries`,
  authority: inOrganization('viewer', 'read'),
  query: z.object({ from: z.string().optional().describe('RFC 3339.') }),
  response: z.array(TopQuery),
  errors: ['database_not_found', 'time_invalid'],
});

export const getOrganizationUsage = operation({
  id: 'getOrganizationUsage',
  tag,
  summary: 'What all databases of the organization have used.',
  method: 'GET',
  path: '/v1/organizations/{organizationSlug}/usage',
  authority: inOrganization('viewer', 'read'),
  query: span,
  response: z.object({
    organization: z.object({
      uuid: z.string(),
      usage: z.object({
        rows_read: z.int(),
        rows_written: z.int(),
        databases: z.int(),
        locations: z.int(),
        storage_bytes: z.int(),
        groups: z.int(),
        bytes_synced: z.int(),
      }),
      databases: z.array(DatabaseUsage),
    }),
  }),
  errors: ['time_invalid'],
});

const UsagePoint = z
  .object({
    at: z.string().describe('Start of the step, RFC 3339.'),
    rows_read: z.int(),
    rows_written: z.int(),
    bytes_synced: z.int(),
  })
  .meta({ id: 'UsagePoint' });

const History = z.object({ step_seconds: z.int(), points: z.array(UsagePoint) });
const historySpan = span.extend({ step: z.string().optional().describe('`hour` or `day`, by default `hour`.') });

export const getOrganizationUsageHistory = operation({
  id: 'getOrganizationUsageHistory',
  tag,
  summary: 'What all databases of the organization used, step by step, the oldest first; at most 1000 steps.',
  method: 'GET',
  path: '/v1/organizations/{organizationSlug}/usage/history',
  authority: inOrganization('viewer', 'read'),
  query: historySpan,
  response: History,
  errors: ['time_invalid'],
});

export const getDatabaseUsageHistory = operation({
  id: 'getDatabaseUsageHistory',
  tag,
  summary: 'What a database used, step by step, the oldest first; at most 1000 steps.',
  method: 'GET',
  path: `${database}/usage/history`,
  authority: inOrganization('viewer', 'read'),
  query: historySpan,
  response: History,
  errors: ['database_not_found', 'time_invalid'],
});
