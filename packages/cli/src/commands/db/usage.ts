import { getDatabaseStats, getDatabaseUsage } from '@skerry/contract/operations/usage';

import { bytes, facts, table } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

export const dbUsage = apiCommand({
  name: 'db usage',
  summary: 'Size, rows read and written, and the queries of the last 24 hours that read and wrote most.',
  arguments: [DATABASE],
  flags: [
    { name: 'from', metavar: 'time', help: 'Count from then, such as 2026-01-31T00:00:00Z. (default: this month)' },
    { name: 'to', metavar: 'time', help: 'Count until then. (default: now)' },
  ],
  async run({ api, argument, flag, organization }) {
    const params = { organizationSlug: await organization(), databaseName: argument('database') };
    const { database } = await api.call(getDatabaseUsage, { params, query: { from: flag('from'), to: flag('to') } });
    const stats = await api.call(getDatabaseStats, { params });
    return { ...database, top_queries: stats.top_queries ?? [] };
  },
  show: ({ total, top_queries: queries }) =>
    `${facts([
      ['Size', bytes(total.storage_bytes)],
      ['Rows read', String(total.rows_read)],
      ['Rows written', String(total.rows_written)],
    ])}\n${table(
      ['ROWS READ', 'ROWS WRITTEN', 'QUERY'],
      queries.map((query) => [String(query.rows_read), String(query.rows_written), oneLine(query.query)]),
      'No queries yet.',
    )}`,
});

function oneLine(sql: string): string {
  return sql.trim().replaceAll(/\s+/g, ' ');
}
