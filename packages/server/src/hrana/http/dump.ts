/**
 * `GET /dump`: the whole database as SQL text, as fast as the client takes it. Source: sqld's `http/user/dump.rs`.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { StreamHolder } from '../../instances/holders.ts';
import { dumpDatabase } from '../../sql/dump.ts';
import { patientWrite } from './patient-write.ts';
import type { HostRequest } from './request.ts';

export async function dump(request: HostRequest): Promise<undefined> {
  const { head, channel, services } = request;
  const { databaseId, role } = head.instance;
  if (role !== 'primary') {
    throw new SkerryError('NOT_A_PRIMARY');
  }
  if (head.rights.level === 'grants') {
    throw new SkerryError('FORBIDDEN', { reason: 'a dump needs the right to read every table' });
  }
  if (head.settings.blockReads) {
    throw new SkerryError('BLOCKED', { reason: 'reads are switched off' });
  }
  const path = services.databases.primaryPath(databaseId);
  if (path === undefined) {
    throw new SkerryError('DATABASE_DELETED');
  }
  let isOver = false;
  // Its connection is its own; it is a holder so that the database is not deleted or handed on under it unnoticed.
  const holder: StreamHolder = { instance: head.instance, idleSinceMs: undefined, end: () => (isOver = true) };
  services.databases.holders.enter(holder);
  try {
    const preserveRowids = new URLSearchParams(head.query).get('preserve_row_ids') === 'true';
    for (const chunk of dumpDatabase(path, { preserveRowids })) {
      if (!request.hasReplied) {
        // Only now: a database that cannot be read is an error of its own, not an answer that is cut off.
        channel.reply({ status: 200, headers: { 'content-type': 'text/plain' } }, '', false);
        request.hasReplied = true;
      }
      await patientWrite(request, chunk);
      await turn();
      if (request.isAborted) {
        return undefined;
      }
      if (isOver) {
        throw new SkerryError('STREAM_REPLACED');
      }
      request.caller.beforeWork();
    }
    channel.end();
    return undefined;
  } finally {
    services.databases.holders.leave(holder);
  }
}
