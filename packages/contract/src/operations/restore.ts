/**
 * Deleted things. Files of a deleted database are removed at once, so nothing can be restored: lists are empty.
 *
 * @module
 */
import { z } from 'zod';

import { inOrganization } from './authority.ts';
import { NOTHING, operation } from './operation.ts';

const organization = '/v3/organizations/{organizationSlug}';
const authority = inOrganization('admin', null);
const tag = 'Restore';

export const listDeletedGroups = operation({
  id: 'listDeletedGroups',
  tag,
  summary: 'Always none.',
  method: 'GET',
  path: `${organization}/deleted-groups`,
  authority,
  response: z.object({ groups: z.array(NOTHING), pagination: NOTHING }),
});

export const restoreGroup = operation({
  id: 'restoreGroup',
  tag,
  summary: 'Not offered yet.',
  method: 'POST',
  path: `${organization}/groups/{deletedGroupId}/restore`,
  authority,
  response: NOTHING,
  errors: ['not_offered'],
});

export const restoreDatabase = operation({
  id: 'restoreDatabase',
  tag,
  summary: 'Not offered yet.',
  method: 'POST',
  path: `${organization}/databases/{deletedDatabaseId}/restore`,
  authority,
  response: NOTHING,
  errors: ['not_offered'],
});
