/**
 * Writes a piece of an answer that is made of one state of the database, and gives up a client that takes nothing for
 * long: while it is served, SQLite's WAL cannot start over and only grows.
 *
 * @module
 */
import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { Bytes } from '../../relay/frames.ts';
import type { HostRequest } from './request.ts';

/** Six times as long as a stream may be idle: a minute, unless that was changed. */
const PATIENCE = 6;

/** @throws {SkerryError} COPY_BUSY */
export async function patientWrite({ channel, services }: HostRequest, bytes: Bytes): Promise<void> {
  const { promise: stalled, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new SkerryError('COPY_BUSY', { problem: 'the client does not take its answer' }));
  const timer = setTimeout(giveUp, PATIENCE * services.limits.streamIdleMs);
  try {
    await Promise.race([channel.write(bytes), stalled]);
  } finally {
    clearTimeout(timer);
  }
}
