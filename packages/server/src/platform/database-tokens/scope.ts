/**
 * What a token shall be for, as the API is asked: `authorization` and `fine_grained_permissions`.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import { type Grant, TABLE_ACTIONS, type TableAction } from '../../relay/rights.ts';

/** One entry of `fine_grained_permissions`: tables (none is all of them) and actions. */
interface Permission {
  readonly t?: readonly string[] | null | undefined;
  readonly a: readonly string[];
}

/** @throws SkerryError permission_invalid */
export function readGrants(level: 'full' | 'read', permissions: readonly Permission[]): Grant[] {
  const grants = permissions.map(({ t, a }) => readGrant(t, a));
  if (level === 'read' && grants.some(({ actions }) => actions.some(isWrite))) {
    throw new SkerryError('permission_invalid', { problem: 'a read-only token cannot have an action that writes' });
  }
  return grants;
}

/** @throws SkerryError authorization_invalid */
export function readLevel(authorization: string | undefined): 'full' | 'read' {
  switch (authorization ?? '') {
    case '':
    case 'full-access':
      return 'full';
    case 'read-only':
      return 'read';
    default:
      throw new SkerryError('authorization_invalid', { value: authorization ?? '' });
  }
}

function readGrant(tables: readonly string[] | null | undefined, actions: readonly string[]): Grant {
  const unknown = actions.find((action) => !isAction(action));
  if (unknown !== undefined) {
    throw new SkerryError('permission_invalid', { problem: `unknown action ${unknown}` });
  }
  if (actions.length === 0) {
    throw new SkerryError('permission_invalid', { problem: 'an entry without actions' });
  }
  return { tables: tables ?? null, actions: actions.filter(isAction) };
}

function isAction(name: string): name is TableAction {
  return (TABLE_ACTIONS as readonly string[]).includes(name);
}

function isWrite(action: TableAction): boolean {
  return action !== 'data_read';
}
