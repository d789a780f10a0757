/**
 * Who may copy a database, and who may push pages into it. Pages know no tables: a token with rights on some tables only
 * can do neither.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { HostRequest } from '../hrana/http/request.ts';

/** @throws {SkerryError} FORBIDDEN, BLOCKED */
export function requireCopying({ head }: HostRequest): void {
  if (head.rights.level === 'grants') {
    throw new SkerryError('FORBIDDEN', { reason: 'a copy needs the right to read every table' });
  }
  if (head.settings.blockReads) {
    throw new SkerryError('BLOCKED', { reason: 'reads are switched off' });
  }
}

/** @throws {SkerryError} FORBIDDEN, BLOCKED */
export function requirePushing({ head }: HostRequest): void {
  if (head.rights.level !== 'full') {
    throw new SkerryError('FORBIDDEN', { reason: 'pushing pages needs a token with full access' });
  }
  if (head.settings.blockReads || head.settings.blockWrites) {
    throw new SkerryError('BLOCKED', { reason: 'reads or writes are switched off' });
  }
}
