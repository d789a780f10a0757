/**
 * Turns signals into an orderly end: the first lets running requests finish, the second ends everything at once.
 *
 * @module
 */
import type { EventEmitter } from 'node:events';

interface Stoppable {
  stop(): Promise<void>;
  kill(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves when the server is down.
 *
 * @param signals where signals are emitted: the process
 * @param say one line for the person at the terminal
 * @returns true when the end was orderly, false when it was forced
 */
export async function runUntilSignal(
  server: Stoppable,
  signals: EventEmitter,
  say: (line: string) => void,
): Promise<boolean> {
  const received = Promise.withResolvers<void>();
  const forced = Promise.withResolvers<false>();
  let count = 0;
  const onSignal = (): void => {
    count += 1;
    if (count === 1) {
      received.resolve();
    } else {
      server.kill();
      forced.resolve(false);
    }
  };
  for (const signal of SIGNALS) {
    signals.on(signal, onSignal);
  }
  try {
    await received.promise;
    say('Stopping; running requests may finish. A second signal stops at once.');
    return await Promise.race([server.stop().then(() => true as const), forced.promise]);
  } finally {
    for (const signal of SIGNALS) {
      signals.off(signal, onSignal);
    }
  }
}
