/**
 * What the views ask of the Platform API, each question with the key under which its answer is kept. Every key below an
 * organization begins with its slug, so that a change there refreshes what belongs to it and nothing else.
 *
 * @module
 */
import type { ApiClient } from '@skerry/contract/client';
import { listAccounts } from '@skerry/contract/operations/accounts';
import { listApiTokens } from '@skerry/contract/operations/api-tokens';
import { listOrganizationAuditLogs } from '@skerry/contract/operations/audit-logs';
import { getBackupStatus } from '@skerry/contract/operations/backup';
import { getDatabase, getDatabaseConfiguration, listDatabases } from '@skerry/contract/operations/databases';
import { getGroup, listGroups } from '@skerry/contract/operations/groups';
import { listDatabaseInstances } from '@skerry/contract/operations/instances';
import { listOrganizationInvitesV2 } from '@skerry/contract/operations/invites';
import { listJwks } from '@skerry/contract/operations/jwks';
import { listLocations } from '@skerry/contract/operations/locations';
import { listOrganizationMembers } from '@skerry/contract/operations/members';
import { listOrganizationApiTokens } from '@skerry/contract/operations/organization-api-tokens';
import { listOrganizations } from '@skerry/contract/operations/organizations';
import { getDatabaseUsage, getOrganizationUsage, listTopQueries } from '@skerry/contract/operations/usage';
import { getCurrentUser } from '@skerry/contract/operations/users';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';

export const userQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ['user'],
    queryFn: async ({ signal }) => (await api.call(getCurrentUser, { params: {}, signal })).user,
    staleTime: 5 * 60_000,
  });

export const organizationsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ['organizations'],
    queryFn: async ({ signal }) => await api.call(listOrganizations, { params: {}, signal }),
  });

export const locationsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ['locations'],
    queryFn: async ({ signal }) => (await api.call(listLocations, { params: {}, signal })).locations,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const apiTokensQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ['api-tokens'],
    queryFn: async ({ signal }) => (await api.call(listApiTokens, { params: {}, signal })).tokens,
  });

export const groupsQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'groups'],
    queryFn: async ({ signal }) => (await api.call(listGroups, { params: { organizationSlug: org }, signal })).groups,
  });

export const groupQuery = (api: ApiClient, org: string, group: string) =>
  queryOptions({
    queryKey: ['org', org, 'groups', group],
    queryFn: async ({ signal }) =>
      (await api.call(getGroup, { params: { organizationSlug: org, groupName: group }, signal })).group,
  });

export const databasesQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'databases'],
    queryFn: async ({ signal }) =>
      (await api.call(listDatabases, { params: { organizationSlug: org }, signal })).databases,
  });

/** Those that can be brought back, the latest first. */
export const deletedDatabasesQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'deleted-databases'],
    queryFn: async ({ signal }) =>
      (await api.call(listDatabases, { params: { organizationSlug: org }, query: { deleted: 'true' }, signal }))
        .databases,
  });

export const databaseQuery = (api: ApiClient, org: string, database: string) =>
  queryOptions({
    queryKey: ['org', org, 'databases', database],
    queryFn: async ({ signal }) =>
      (await api.call(getDatabase, { params: { organizationSlug: org, databaseName: database }, signal })).database,
  });

export const configurationQuery = (api: ApiClient, org: string, database: string) =>
  queryOptions({
    queryKey: ['org', org, 'databases', database, 'configuration'],
    queryFn: async ({ signal }) =>
      await api.call(getDatabaseConfiguration, {
        params: { organizationSlug: org, databaseName: database },
        signal,
      }),
  });

export const instancesQuery = (api: ApiClient, org: string, database: string) =>
  queryOptions({
    queryKey: ['org', org, 'databases', database, 'instances'],
    queryFn: async ({ signal }) =>
      (await api.call(listDatabaseInstances, { params: { organizationSlug: org, databaseName: database }, signal }))
        .instances,
  });

export const databaseUsageQuery = (api: ApiClient, org: string, database: string) =>
  queryOptions({
    queryKey: ['org', org, 'databases', database, 'usage'],
    queryFn: async ({ signal }) =>
      (await api.call(getDatabaseUsage, { params: { organizationSlug: org, databaseName: database }, signal }))
        .database,
  });

export const topQueriesQuery = (api: ApiClient, org: string, database: string) =>
  queryOptions({
    queryKey: ['org', org, 'databases', database, 'top-queries'],
    queryFn: async ({ signal }) =>
      await api.call(listTopQueries, { params: { organizationSlug: org, databaseName: database }, signal }),
  });

/** Every database of the organization is in it: too much to read again at each change, so it has a key of its own. */
export const organizationUsageQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['usage', org],
    queryFn: async ({ signal }) =>
      (await api.call(getOrganizationUsage, { params: { organizationSlug: org }, signal })).organization,
    staleTime: 30_000,
    refetchInterval: 30_000,
  });

export const accountsQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ['accounts'],
    queryFn: async ({ signal }) => (await api.call(listAccounts, { params: {}, signal })).accounts,
  });

export const backupQuery = (api: ApiClient) =>
  queryOptions({
    queryKey: ['backup'],
    queryFn: async ({ signal }) => (await api.call(getBackupStatus, { params: {}, signal })).backup,
    refetchInterval: 5_000,
  });

export interface AuditPage {
  readonly page: number;
  readonly pageSize: number;
  readonly code?: string;
  readonly author?: string;
  readonly text?: string;
}

export const auditQuery = (api: ApiClient, org: string, { page, pageSize, ...filter }: AuditPage) =>
  queryOptions({
    queryKey: ['org', org, 'audit', page, pageSize, filter],
    queryFn: async ({ signal }) =>
      await api.call(listOrganizationAuditLogs, {
        params: { organizationSlug: org },
        query: { page: String(page), page_size: String(pageSize), ...filter },
        signal,
      }),
    // What was there stays until the next page, or the next filter, is answered.
    placeholderData: keepPreviousData,
  });

export const membersQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'members'],
    queryFn: async ({ signal }) =>
      (await api.call(listOrganizationMembers, { params: { organizationSlug: org }, signal })).members,
  });

export const invitesQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'invites'],
    queryFn: async ({ signal }) =>
      (await api.call(listOrganizationInvitesV2, { params: { organizationSlug: org }, signal })).invites,
  });

export const organizationTokensQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'api-tokens'],
    queryFn: async ({ signal }) =>
      (await api.call(listOrganizationApiTokens, { params: { organizationSlug: org }, signal })).tokens,
  });

export const jwksQuery = (api: ApiClient, org: string) =>
  queryOptions({
    queryKey: ['org', org, 'jwks'],
    queryFn: async ({ signal }) => (await api.call(listJwks, { params: { organizationSlug: org }, signal })).jwks,
  });
