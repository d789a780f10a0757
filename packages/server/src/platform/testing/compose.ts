/**
 * A control plane of parts that tests bring along.
 *
 * @module
 */
import path from 'node:path';

import { pino } from 'pino';

import { Passwords } from '../../access/passwords.ts';
import type { SignInSettings } from '../../config.ts';
import type { Store } from '../../store/store.ts';
import { Addresses } from '../addresses.ts';
import { DumpFiles } from '../dumps/dump-files.ts';
import { createPlatform, type Platform } from '../platform.ts';
import type { FolderEngine } from './folder-engine.ts';

export const OWNER = 'ada';

export interface Composition {
  readonly store: Store;
  readonly engine: FolderEngine;
  readonly folder: string;
  readonly signIn: SignInSettings;
  readonly deletedRetentionMs?: number;
  readonly now: () => number;
  readonly tidyMs?: number;
}

export function composePlatform(parts: Composition): Platform {
  return createPlatform({
    store: parts.store,
    engine: parts.engine,
    config: {
      owner: OWNER,
      clientLocations: [{ range: '10.1.0.0/16', location: 'lhr' }],
      dumpSources: [],
      signIn: parts.signIn,
      deletedRetentionMs: parts.deletedRetentionMs ?? 0,
      locations: new Map([
        ['local', 'This machine'],
        ['aws-eu-west-1', 'AWS EU West (Ireland)'],
        ['lhr', 'London'],
      ]),
    },
    addresses: new Addresses(() => ({ domain: 'localhost', port: 8080 })),
    dumps: new DumpFiles(path.join(parts.folder, 'dumps'), 1_000_000),
    log: pino({ level: 'silent' }),
    now: parts.now,
    // As the real ones, and a thousand times as cheap.
    ...(parts.tidyMs === undefined ? {} : { tidyMs: parts.tidyMs }),
    passwords: new Passwords({ n: 16, r: 8, p: 1 }),
  });
}
