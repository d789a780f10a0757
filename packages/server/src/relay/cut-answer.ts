/**
 * Why a host gives an answer up after its beginning has left: it crosses as the reason for which the channel is aborted.
 *
 * @module
 */
import { z } from 'zod';

/** As the client may learn it. */
export interface CutAnswer {
  readonly code: string;
  readonly message: string;
}

const PREFIX = 'cut: ';
const Cut = z.object({ code: z.string(), message: z.string() });

export function cutReason({ code, message }: CutAnswer): string {
  return PREFIX + JSON.stringify({ code, message });
}

/** Undefined when the channel was aborted for another reason. */
export function readCutReason(reason: string): CutAnswer | undefined {
  return reason.startsWith(PREFIX) ? Cut.parse(JSON.parse(reason.slice(PREFIX.length))) : undefined;
}
