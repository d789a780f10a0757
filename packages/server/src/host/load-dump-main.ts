/**
 * Entry of the process that makes a new database of a dump: one dump, then it ends. It may take minutes and run
 * whatever the dump says, which is why no host does it.
 *
 * The file has another name until it is whole and checked, so a crash leaves either nothing of it or all.
 *
 * @module
 */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { databaseFolder, PRIMARY_FILE, withSidecars } from '../files/layout.ts';
import { syncDatabase, syncFolder } from '../files/sync-path.ts';
import { loadDump } from '../sql/load-dump.ts';
import { SqlError } from '../sql/statement.ts';
import { checkUpload } from '../sql/upload-check.ts';
import type { LoadDumpOptions, LoadDumpResult } from './load-dump-options.ts';

const [argument = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await run(JSON.parse(argument) as LoadDumpOptions)));

async function run({ dataDir, textFile, databaseId, maxRowBytes }: LoadDumpOptions): Promise<LoadDumpResult> {
  const folder = databaseFolder(dataDir, databaseId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = path.join(folder, 'load.tmp');
  try {
    remove(draft);
    await loadDump(textFile, draft, { maxRowBytes });
    checkUpload(draft, { maxRowBytes });
    syncDatabase(draft);
    renameSync(draft, path.join(folder, PRIMARY_FILE));
    syncFolder(folder);
    syncFolder(path.dirname(folder));
    return { ok: true };
  } catch (error) {
    if (error instanceof SqlError) {
      return { ok: false, problem: error.message };
    }
    throw error;
  } finally {
    remove(draft);
  }
}

function remove(file: string): void {
  for (const part of withSidecars(file)) {
    rmSync(part, { force: true });
  }
}
