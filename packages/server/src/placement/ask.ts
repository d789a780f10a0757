import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { Command, CommandReply } from '../relay/messages.ts';
import type { HostProcess } from './host-process.ts';

/**
 * Gives a host a command and waits for its answer, which may come with a body.
 *
 * @throws {SkerryError} HOST_UNAVAILABLE when there is no host, or it ends before it answers
 */
export async function ask(
  host: HostProcess | undefined,
  command: Command,
): Promise<{ readonly reply: CommandReply; readonly body: Buffer }> {
  if (host === undefined) {
    throw new SkerryError('HOST_UNAVAILABLE');
  }
  const channel = host.open({ kind: 'command', command });
  return await new Promise((resolve, reject) => {
    channel.handlers.onReply = (reply, body) => resolve({ reply: reply as CommandReply, body });
    channel.handlers.onAbort = (reason) => reject(new SkerryError('HOST_UNAVAILABLE', {}, { details: { reason } }));
  });
}
