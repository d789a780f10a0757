/**
 * Roles that can be given.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';
import { ROLES } from '@skerry/contract/operations/authority';

import type { Role } from '../../store/tables.ts';
import type { OrganizationRow } from '../organizations/store.ts';

export type AssignableRole = Exclude<Role, 'owner'>;

/** @throws SkerryError role_invalid */
export function readRole(text: string | null | undefined): AssignableRole {
  if (text === null || text === undefined || text === '') {
    return 'member';
  }
  const role = ROLES.find((name) => name === text);
  if (role === undefined || role === 'owner') {
    throw new SkerryError('role_invalid');
  }
  return role;
}

/** @throws SkerryError organization_personal */
export function refusePersonal(organization: OrganizationRow): void {
  if (organization.type === 'personal') {
    throw new SkerryError('organization_personal');
  }
}
