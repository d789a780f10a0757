/**
 * Entry of the backup process. The gateway starts it with its options as one JSON argument and talks to it over Node's
 * channel; it ends with that channel.
 *
 * @module
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { databaseFolder, PRIMARY_FILE } from '../files/layout.ts';
import { Backup } from './backup.ts';
import { ControlRecords } from './control-records.ts';
import { LocalState } from './local-state.ts';
import type { BackupOptions, HostAnswer, ToBackup, ToGateway } from './messages.ts';
import { ObjectStore } from './object-store.ts';

const [text = ''] = process.argv.slice(2);
const options = JSON.parse(text) as BackupOptions;
const store = new ObjectStore(options.target);
const waiting = new Map<number, { resolve: (answer: HostAnswer) => void; reject: (error: Error) => void }>();
const tell = (message: ToGateway): void => void process.send?.(message);

const backup = new Backup({
  options,
  store,
  state: new LocalState(options.dataDir),
  control: new ControlRecords(store, options.dataDir, options.areRecordsElsewhere),
  gateway: {
    tell,
    command: async (databaseId, command) =>
      await new Promise((resolve, reject) => {
        const id = nextId();
        waiting.set(id, { resolve, reject });
        tell({ type: 'command', id, databaseId, command });
      }),
    databases: () => databasesIn(path.join(options.dataDir, 'databases')),
    exists: (databaseId) => existsSync(path.join(databaseFolder(options.dataDir, databaseId), PRIMARY_FILE)),
  },
});

process.on('message', (message: ToBackup) => {
  switch (message.type) {
    case 'answer':
      waiting.get(message.id)?.resolve(message.answer);
      waiting.delete(message.id);
      break;
    case 'refused':
      waiting.get(message.id)?.reject(new Error(message.message));
      waiting.delete(message.id);
      break;
    case 'committed':
      backup.committed(message.databaseIds, message.isAwaited);
      break;
    case 'verify':
      void backup.verify().then((verification) => tell({ type: 'verified', id: message.id, verification }));
      break;
    case 'store_records':
      void backup.storeRecords().then(() => tell({ type: 'records_stored', id: message.id }));
      break;
    case 'stop':
      backup.stop();
      break;
  }
});
// The gateway decides when this ends: a Ctrl-C at the terminal reaches all processes at once.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('disconnect', () => process.exit(0));

removeLeftovers(path.join(options.dataDir, 'databases'));
await backup.run().catch((error: unknown) => {
  tell({ type: 'log', level: 'error', message: error instanceof Error ? error.message : String(error) });
});
process.disconnect?.();

function nextId(): number {
  for (let id = 1; ; id += 1) {
    if (!waiting.has(id)) {
      return id;
    }
  }
}

/** Copies of databases for an upload that was cut off: nobody asks for them any more. */
function removeLeftovers(folder: string): void {
  for (const databaseId of databasesIn(folder)) {
    const own = databaseFolder(options.dataDir, databaseId);
    for (const file of readdirSync(own).filter((name) => /^backup-.*\.tmp$/.test(name))) {
      rmSync(path.join(own, file), { force: true });
    }
  }
}

function databasesIn(folder: string): string[] {
  const groups = existsSync(folder) ? readdirSync(folder) : [];
  return groups.flatMap((group) =>
    readdirSync(path.join(folder, group)).filter((id) => existsSync(path.join(folder, group, id, PRIMARY_FILE))),
  );
}
