import type { Channel } from '../../relay/channel.ts';
import type { Answer } from './request.ts';

/** Up to here an answer is one frame. */
const WHOLE_BYTES = 256 * 1024;
const PIECE_BYTES = 64 * 1024;

/** Sends an answer as one frame. */
export function reply(channel: Channel, { status, headers, body, uploaded }: Answer): void {
  channel.reply({ status, headers, uploaded }, body);
}

/** Sends a whole answer, a large one as fast as the client takes it. Resolves when the rest is on its way. */
export async function send(channel: Channel, answer: Answer): Promise<void> {
  const { status, headers, body } = answer;
  if (body.length <= WHOLE_BYTES) {
    reply(channel, answer);
    return;
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = { status, headers: { ...headers, 'content-length': String(bytes.length) } };
  channel.reply(head, bytes.subarray(0, PIECE_BYTES), false);
  for (let at = PIECE_BYTES; at < bytes.length && !channel.closed; at += PIECE_BYTES) {
    await channel.write(bytes.subarray(at, at + PIECE_BYTES));
  }
  channel.end();
}
