import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { operation } from './operation.ts';

/** Field names as documented (Pascal, camel and snake case) and as older clients read them. */
export const Database = z
  .object({
    Name: z.string(),
    DbId: z.string().describe('UUID of the database.'),
    Hostname: z.string().describe('What clients dial; with the port when it is not 443.'),
    hostname: z.string(),
    block_reads: z.boolean(),
    block_writes: z.boolean(),
    allow_attach: z.boolean(),
    delete_protection: z.boolean(),
    regions: z.array(z.string()).describe('Location codes of the group.'),
    primaryRegion: z.string(),
    group: z.string(),
    type: z.literal('logical'),
    database_type: z.literal('libsql'),
    version: z.string(),
    is_schema: z.boolean(),
    schema: z.string(),
    sleeping: z.boolean(),
    archived: z.boolean(),
    allow_rules_config: z.object({
      allowed_ips: z.array(z.string()),
      allowed_aws_vpc_ids: z.array(z.string()),
    }),
    parent: z
      .object({ id: z.string(), name: z.string(), branched_at: z.string() })
      .nullable()
      .describe('The database that this one was copied from.'),
  })
  .meta({ id: 'Database' });

export const DeletedDatabase = Database.extend({
  group_id: z.string(),
  organization_id: z.string(),
  deleted_at: z.string(),
  group_deleted_at: z.string().nullable().describe('Set: it was deleted with its group.'),
}).meta({ id: 'DeletedDatabase' });

/** The deleted ones have a few fields more. */
const ListedDatabase = Database.extend(
  DeletedDatabase.pick({ deleted_at: true, group_deleted_at: true }).partial().shape,
)
  .extend({
    group_id: z.string().optional(),
    organization_id: z.string().optional(),
    restorable_until: z.string().optional().describe('RFC 3339: when a deleted one is gone for good.'),
  })
  .meta({ id: 'ListedDatabase' });

const SyncProtocol = z
  .enum(['v1', 'v2'])
  .describe(
    "What libSQL's embedded replicas are told to copy with. Clients that know v1 only are served either way; those that write offline need v2.",
  );

export const DatabaseConfiguration = z
  .object({
    size_limit: z.string(),
    allow_attach: z.boolean(),
    durability: z
      .enum(['local', 'off-site'])
      .describe('`off-site`: a commit is acknowledged only when the backup has it.'),
    block_reads: z.boolean(),
    block_writes: z.boolean(),
    delete_protection: z.boolean(),
    allowed_ips: z.array(z.string()),
    allowed_aws_vpc_ids: z.array(z.string()),
    sync_protocol: SyncProtocol,
  })
  .meta({ id: 'DatabaseConfiguration' });

export const RestoreWindow = z
  .object({
    earliest: z.string().describe('RFC 3339.'),
    latest: z.string().describe('RFC 3339; the present.'),
  })
  .meta({ id: 'RestoreWindow' });

const OneDatabase = z.object({ database: Database });
const databases = '/v1/organizations/{organizationSlug}/databases';
const database = '/v1/organizations/{organizationSlug}/databases/{databaseName}';
const tag = 'Databases';

export const listDatabases = operation({
  id: 'listDatabases',
  tag,
  summary: 'Databases of the organization; all of them unless a limit is given.',
  method: 'GET',
  path: databases,
  authority: inOrganization('viewer', 'read'),
  query: z.object({
    group: z.string().optional().describe('Only of this group.'),
    group_id: z.string().optional(),
    parent: z.string().optional().describe('Only copies of this database (DbId).'),
    parent_db_id: z.string().optional(),
    schema: z.string().optional().describe('Deprecated; nothing matches.'),
    type: z.string().optional(),
    deleted: z.string().optional().describe('`true`: deleted ones that can be restored, the latest first.'),
    search: z.string().optional().describe('Only deleted ones with this in their name, id, hostname or group.'),
    limit: z.string().optional().describe('Page size.'),
    cursor: z.string().optional().describe('`pagination.next` of the page before.'),
  }),
  response: z.object({
    databases: z.array(ListedDatabase),
    pagination: z.object({ next: z.string().nullish() }).optional(),
  }),
});

export const createDatabase = operation({
  id: 'createDatabase',
  tag,
  summary: 'Make a database; answers when it can be queried.',
  method: 'POST',
  path: databases,
  authority: inOrganization('member', 'db:create'),
  body: z.object({
    name: z.string(),
    group: z.string().nullish(),
    group_id: z.string().nullish(),
    seed: z
      .object({
        type: z.string(),
        name: z.string().nullish(),
        value: z.string().nullish().describe('What the CLI calls `name`.'),
        url: z.string().nullish(),
        timestamp: z
          .string()
          .nullish()
          .describe('RFC 3339: the source as it was then, with exactly the commits up to that instant.'),
      })
      .nullish(),
    size_limit: z.union([z.string(), z.number()]).nullish(),
    is_schema: z.boolean().nullish(),
    schema: z.string().nullish(),
    remote_encryption: z
      .object({ encryption_key: z.string().nullish(), encryption_cipher: z.string().nullish() })
      .nullish(),
    use_tursodb: z.boolean().nullish(),
  }),
  response: z.object({
    database: z.object({
      DbId: z.string(),
      Hostname: z.string(),
      Name: z.string(),
      IssuedCertCount: z.number(),
      IssuedCertLimit: z.number(),
    }),
    username: z.string(),
    password: z.literal(''),
  }),
  errors: [
    'change_interrupted',
    'group_not_found_on_create',
    'location_unavailable',
    'copy_between_servers',
    'database_exists',
    'address_taken',
    'database_name_invalid',
    'size_limit_invalid',
    'seed_invalid',
    'seed_not_found',
    'time_invalid',
    'restore_outside_window',
    'restore_not_stored',
    'dump_invalid',
    'dump_too_large',
    'not_offered',
  ],
});

export const getDatabase = operation({
  id: 'getDatabase',
  tag,
  summary: 'One database.',
  method: 'GET',
  path: database,
  authority: inOrganization('viewer', 'read'),
  response: OneDatabase,
  errors: ['database_not_found'],
});

export const deleteDatabase = operation({
  id: 'deleteDatabase',
  tag,
  summary: 'Delete a database; its name can be used again at once.',
  method: 'DELETE',
  path: database,
  authority: inOrganization('member', 'db:delete'),
  response: z.object({ database: z.string() }),
  errors: ['database_not_found', 'database_protected'],
});

export const getRestoreWindow = operation({
  id: 'getRestoreWindow',
  tag,
  summary: 'The times that a database can be restored to: what `seed.timestamp` may say.',
  method: 'GET',
  path: `${database}/restore-window`,
  authority: inOrganization('viewer', 'read'),
  response: z.object({ restore_window: RestoreWindow }),
  errors: ['database_not_found', 'restore_not_stored'],
});

export const getDatabaseConfiguration = operation({
  id: 'getDatabaseConfiguration',
  tag,
  summary: 'Configuration of a database.',
  method: 'GET',
  path: `${database}/configuration`,
  authority: inOrganization('viewer', 'read'),
  response: DatabaseConfiguration,
  errors: ['database_not_found'],
});

export const updateDatabaseConfiguration = operation({
  id: 'updateDatabaseConfiguration',
  tag,
  summary: 'Change the configuration of a database. What is left out or null stays; for lists null empties.',
  method: 'PATCH',
  path: `${database}/configuration`,
  authority: inOrganization('member', 'db:configure'),
  body: z.object({
    size_limit: z.union([z.string(), z.number()]).nullish(),
    allow_attach: z.boolean().nullish(),
    durability: z.enum(['local', 'off-site']).nullish(),
    block_reads: z.boolean().nullish(),
    block_writes: z.boolean().nullish(),
    delete_protection: z.boolean().nullish(),
    allowed_ips: z.array(z.string()).nullish(),
    allowed_aws_vpc_ids: z.array(z.string()).nullish(),
    sync_protocol: SyncProtocol.nullish(),
  }),
  response: DatabaseConfiguration,
  errors: [
    'database_not_found',
    'size_limit_invalid',
    'allowed_ip_invalid',
    'backup_not_configured',
    'not_offered',
    'location_unavailable',
  ],
});
