/** The group of a new database when none is named. */
import { listGroups } from '@skerry/contract/operations/groups';

import { UsageError } from '../../errors.ts';
import type { Given } from '../api-command.ts';

/** @throws UsageError when there is none, or no telling which is meant */
export async function groupFor({ api, organization }: Given): Promise<string> {
  const { groups } = await api.call(listGroups, { params: { organizationSlug: await organization() } });
  const names = groups.map(({ name }) => name);
  const [only] = names;
  if (only === undefined) {
    throw new UsageError('There is no group yet. Make one with "skerry group create <group>".');
  }
  if (names.length === 1) {
    return only;
  }
  if (names.includes('default')) {
    return 'default';
  }
  throw new UsageError(`Name the group with --group: ${names.join(', ')}.`);
}
