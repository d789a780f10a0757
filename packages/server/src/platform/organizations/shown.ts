/**
 * An organization as the API shows it.
 *
 * @module
 */
import type { Organization } from '@skerry/contract/operations/organizations';
import type { z } from 'zod';

import type { OrganizationRow } from './store.ts';

/** There is one plan: everything this machine can do. */
export const PLAN = 'self-hosted';

export function shownOrganization(row: OrganizationRow): z.input<typeof Organization> {
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    type: row.type,
    overages: row.overages === 1,
    require_mfa: row.require_mfa === 1,
    blocked_reads: false,
    blocked_writes: false,
    plan_id: PLAN,
    plan_timeline: '',
    platform: '',
  };
}
