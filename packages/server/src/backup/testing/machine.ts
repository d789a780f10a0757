/**
 * A machine for backup.crash.test.ts to destroy: databases with their logs, and the backup that follows them, in one process.
 * It commits without end and tells each commit before the backup can see it, and what the backup has stored.
 *
 * Arguments: one JSON object, `MachineOptions`.
 *
 * @module
 */
import { existsSync, readdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as turn } from 'node:timers/promises';

import { databaseFolder, PRIMARY_FILE } from '../../files/layout.ts';
import { Commands } from '../../host/commands.ts';
import type { HostOptions } from '../../host/host-options.ts';
import { ChangeFeed } from '../../hrana/changes/change-feed.ts';
import { Databases } from '../../instances/databases.ts';
import { Holders } from '../../instances/holders.ts';
import { UsageReporter } from '../../instances/usage.ts';
import { connect, Dice, digestOf, prepareTables, randomWork, withoutCounter } from '../../log/testing.ts';
import { Backup } from '../backup.ts';
import { ControlRecords } from '../control-records.ts';
import { LocalState } from '../local-state.ts';
import { ObjectStore } from '../object-store.ts';
import type { BackupTarget } from '../object-store.ts';

export interface MachineOptions {
  readonly dataDir: string;
  readonly target: BackupTarget;
  readonly databaseIds: readonly string[];
  readonly seed: number;
}

/** So small that images, merges and full packs happen all the time. */
const LIMITS = {
  imageAgainBytesMin: 60_000,
  packBytesMax: 20_000,
  mergeAtPacks: 5,
  mergedBytesMax: 200_000,
  removeEveryMs: 50,
};
const DAY_MS = 86_400_000;

const { dataDir, target, databaseIds, seed } = JSON.parse(process.argv[2] ?? '') as MachineOptions;
const dice = new Dice(seed);
const databases = new Databases(hostOptions(), new Holders(100, () => undefined));
const commands = new Commands(databases, new UsageReporter(() => undefined), new ChangeFeed(() => undefined));
const store = new ObjectStore(target);
const backup = new Backup({
  options: {
    target,
    dataDir,
    areRecordsElsewhere: false,
    retentionMs: DAY_MS,
    verifyEveryMs: Infinity,
    windowMs: 2,
  },
  limits: LIMITS,
  store,
  state: new LocalState(dataDir),
  control: new ControlRecords(store, dataDir, false),
  gateway: {
    command: async (_databaseId, command) => await commands.run(command),
    databases: () =>
      readdirSync(path.join(dataDir, 'databases')).flatMap((group) =>
        readdirSync(path.join(dataDir, 'databases', group)),
      ),
    exists: (databaseId) => existsSync(path.join(databaseFolder(dataDir, databaseId), PRIMARY_FILE)),
    tell: (message) => {
      if (message.type === 'stored') {
        const { databaseId, frame } = message;
        tell(`stored ${databaseId} ${frame}`);
        unstored.delete(databaseId);
      } else if (message.type === 'status' && message.status.controlStoredMs !== null && unstored.size === 0) {
        isReady.resolve();
      }
    },
  },
});
const isReady = Promise.withResolvers<void>();
const unstored = new Set(databaseIds);

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

function hostOptions(): HostOptions {
  return {
    hostId: 1,
    dataDir,
    batonKey: '',
    workCellPath: '',
    streamIdleMs: 1e6,
    transactionMs: 1e6,
    statementMs: 1e6,
    maxResponseBytes: 1e9,
    maxRowBytes: 1e9,
    maxStreamsPerDatabase: 100,
    maxOpenDatabases: 100,
    maxUploadBytes: 1e9,
    latencyMs: {},
    synchronous: 'normal',
    tellsCommits: true,
    // Enough that the backup never comes too late for a commit, however long the store is away.
    logRetention: { maxBytes: 1e9, maxAgeMs: DAY_MS },
  };
}

async function open(
  databaseId: string,
): Promise<{ db: DatabaseSync; commit: (work: (db: DatabaseSync) => void) => void }> {
  const instance = { databaseId, location: 'local', role: 'primary' } as const;
  await commands.run({ type: 'create_database', instance });
  const { log } = databases.openLog(databaseId);
  const db = connect(path.join(databaseFolder(dataDir, databaseId), PRIMARY_FILE));
  const commit = (work: (on: DatabaseSync) => void): void => {
    work(db);
    log.poll();
    const ms = Date.now();
    tell(`commit ${databaseId} ${log.position} ${ms} ${digestOf(withoutCounter(Buffer.from(db.serialize())))}`);
    while (Date.now() === ms) {
      // What comes next has another time.
    }
    backup.committed([databaseId], dice.roll(3) === 0);
  };
  return { db, commit };
}

const opened = await Promise.all(databaseIds.map(open));
for (const { commit } of opened) {
  // What a process before this one has committed and not told.
  commit(() => undefined);
  commit(prepareTables);
}
void backup.run();
await isReady.promise;
tell('ready');
for (;;) {
  const at = dice.roll(opened.length);
  const chance = dice.roll(20);
  if (chance < 2) {
    databases.checkpoint(databaseIds[at] ?? '');
  } else if (chance < 9) {
    opened[at]?.commit((db) => randomWork(db, dice));
  }
  await turn();
}
