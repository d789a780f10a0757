/**
 * What a process of ours says on its standard error, as lines of the operator's log: it speaks when it ends in a way that
 * nobody foresaw.
 *
 * @module
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import type { Logger } from 'pino';

export function logLines(stream: Readable | null, log: Logger, facts: object): void {
  if (stream !== null) {
    createInterface({ input: stream }).on('line', (line) => {
      if (line.trim() !== '') {
        log.error(facts, line);
      }
    });
  }
}
