import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { operation } from './operation.ts';

export const Instance = z
  .object({
    uuid: z.string().describe('UUID of the instance.'),
    name: z.string().describe('Location code.'),
    type: z.enum(['primary', 'replica']),
    region: z.string().describe('Location code.'),
    hostname: z.string().describe('What clients dial to reach this instance and no other.'),
    status: z.enum(['up', 'down']).describe('Whether the server of the location answers.'),
    lag_frames: z
      .number()
      .nullable()
      .describe(
        'Pages that commits wrote and a replica has not applied yet; its next read applies them. Null: unknown.',
      ),
    lag_ms: z
      .number()
      .nullable()
      .describe('Age of the oldest commit that a replica has not applied yet, to a second; 0: none. Null: unknown.'),
  })
  .meta({ id: 'Instance' });

const instances = '/v1/organizations/{organizationSlug}/databases/{databaseName}/instances';
const tag = 'Databases';

export const listDatabaseInstances = operation({
  id: 'listDatabaseInstances',
  tag,
  summary: 'The primary and the replicas of a database, one for each location of its group.',
  method: 'GET',
  path: instances,
  authority: inOrganization('viewer', 'read'),
  response: z.object({ instances: z.array(Instance) }),
  errors: ['database_not_found'],
});

export const getDatabaseInstance = operation({
  id: 'getDatabaseInstance',
  tag,
  summary: 'One instance of a database, by location code.',
  method: 'GET',
  path: `${instances}/{instanceName}`,
  authority: inOrganization('viewer', 'read'),
  response: z.object({ instance: Instance }),
  errors: ['database_not_found', 'instance_not_found'],
});
