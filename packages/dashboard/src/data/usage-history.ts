/**
 * Usage over time, in the spans that the charts offer.
 *
 * @module
 */
import type { ApiClient } from '@skerry/contract/client';
import { getDatabaseUsageHistory, getOrganizationUsageHistory } from '@skerry/contract/operations/usage';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';

export type UsageHistory = z.output<typeof getDatabaseUsageHistory.response>;

export const SPANS = {
  day: { label: '24 hours', hours: 24, step: 'hour' },
  week: { label: '7 days', hours: 7 * 24, step: 'hour' },
  month: { label: '30 days', hours: 30 * 24, step: 'day' },
} as const;

export type SpanName = keyof typeof SPANS;

export const organizationHistoryQuery = (api: ApiClient, org: string, span: SpanName) =>
  queryOptions({
    queryKey: ['org', org, 'usage', 'history', span],
    queryFn: async ({ signal }) =>
      await api.call(getOrganizationUsageHistory, {
        params: { organizationSlug: org },
        query: spanOf(span),
        signal,
      }),
    placeholderData: keepPreviousData,
  });

export const databaseHistoryQuery = (api: ApiClient, org: string, database: string, span: SpanName) =>
  queryOptions({
    queryKey: ['org', org, 'databases', database, 'usage', 'history', span],
    queryFn: async ({ signal }) =>
      await api.call(getDatabaseUsageHistory, {
        params: { organizationSlug: org, databaseName: database },
        query: spanOf(span),
        signal,
      }),
    placeholderData: keepPreviousData,
  });

function spanOf(name: SpanName): { from: string; step: string } {
  const { hours, step } = SPANS[name];
  return { from: new Date(Date.now() - hours * 3_600_000).toISOString(), step };
}
