/**
 * What can be done with a whole database, besides making and deleting it.
 *
 * @module
 */
import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

const database = '/v1/organizations/{organizationSlug}/databases/{databaseName}';
const tag = 'Databases';

export const transferDatabase = operation({
  id: 'transferDatabase',
  tag,
  summary:
    'Move a database to another organization of yours, into a group with the same locations; its addresses and its own tokens stay valid.',
  method: 'POST',
  path: `${database}/transfer`,
  authority: inOrganization('admin', null),
  body: z.object({ org: z.string() }),
  response: NOTHING,
  errors: [
    'database_not_found',
    'organization_not_found',
    'transfer_no_group',
    'location_unavailable',
    'transfer_interrupted',
    'database_exists',
    'database_name_invalid',
    'address_taken',
  ],
});

export const wakeUpDatabase = operation({
  id: 'wakeUpDatabase',
  tag,
  summary: 'Nothing ever sleeps, so this finds the database awake.',
  method: 'POST',
  path: `${database}/wakeup`,
  authority: inOrganization('member', 'db:configure'),
  response: NOTHING,
  errors: ['database_not_found'],
});

export const updateDatabaseVersion = operation({
  id: 'updateDatabaseVersion',
  tag,
  summary: 'Every database always runs the version of the server, so this changes nothing.',
  method: 'POST',
  path: `${database}/update`,
  authority: inOrganization('member', 'db:configure'),
  response: NOTHING,
  errors: ['database_not_found'],
});

export const uploadDump = operation({
  id: 'uploadDump',
  tag,
  summary:
    'Upload a dump (multipart/form-data, field `file`) for a database to begin with: {"seed":{"type":"dump","url":<dump_url>}}, within a day.',
  method: 'POST',
  path: '/v1/organizations/{organizationSlug}/databases/dumps',
  authority: inOrganization('member', 'db:create'),
  response: z.object({ dump_url: z.string() }),
  errors: ['dump_invalid', 'dump_too_large'],
});
