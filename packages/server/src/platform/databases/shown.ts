/**
 * A database as the API shows it.
 *
 * @module
 */
import type { Database, DatabaseConfiguration } from '@skerry/contract/operations/databases';
import type { z } from 'zod';

import type { Addresses } from '../addresses.ts';
import type { DatabaseRow } from './store.ts';

/**
 * The CLI offers rotation of a single database's tokens for this version only; it is also what the hosted service
 * reports today.
 */
export const VERSION = 'tech-preview';

export function shownDatabase(
  row: DatabaseRow,
  locations: readonly string[],
  addresses: Addresses,
): z.input<typeof Database> {
  const hostname = addresses.databaseHostname(row.label);
  return {
    Name: row.name,
    DbId: row.id,
    Hostname: hostname,
    hostname,
    block_reads: row.block_reads === 1,
    block_writes: row.block_writes === 1,
    allow_attach: row.allow_attach === 1,
    delete_protection: row.delete_protection === 1,
    regions: [...locations],
    primaryRegion: row.primary_location,
    group: row.group_name,
    type: 'logical',
    database_type: 'libsql',
    version: VERSION,
    is_schema: false,
    schema: '',
    sleeping: false,
    archived: false,
    allow_rules_config: {
      allowed_ips: JSON.parse(row.allowed_ips) as string[],
      allowed_aws_vpc_ids: JSON.parse(row.allowed_aws_vpc_ids) as string[],
    },
    parent:
      row.parent_id === null
        ? null
        : {
            id: row.parent_id,
            name: row.parent_name ?? '',
            branched_at: new Date(row.branched_at_ms ?? row.created_at_ms).toISOString(),
          },
  };
}

export function shownConfiguration(row: DatabaseRow): z.input<typeof DatabaseConfiguration> {
  return {
    size_limit: row.size_limit_bytes === null ? '0' : String(row.size_limit_bytes),
    allow_attach: row.allow_attach === 1,
    durability: row.off_site === 1 ? 'off-site' : 'local',
    block_reads: row.block_reads === 1,
    block_writes: row.block_writes === 1,
    delete_protection: row.delete_protection === 1,
    allowed_ips: JSON.parse(row.allowed_ips) as string[],
    allowed_aws_vpc_ids: JSON.parse(row.allowed_aws_vpc_ids) as string[],
    sync_protocol: row.sync_protocol,
  };
}
