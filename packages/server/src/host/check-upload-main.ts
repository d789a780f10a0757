/**
 * Entry of the process that looks whether a received file is a database that can be served: one file, then it ends. The
 * check reads every page and may take minutes, which is why no host does it.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { databaseFolder, withSidecars } from '../files/layout.ts';
import { syncDatabase } from '../files/sync-path.ts';
import { SqlError } from '../sql/statement.ts';
import { checkUpload, REFUSED } from '../sql/upload-check.ts';
import type { CheckUploadOptions, CheckUploadResult } from './check-upload-options.ts';

const [argument = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(run(JSON.parse(argument) as CheckUploadOptions)));

function run({ dataDir, databaseId, draft, maxRowBytes }: CheckUploadOptions): CheckUploadResult {
  const file = path.join(databaseFolder(dataDir, databaseId), draft);
  try {
    checkUpload(file, { maxRowBytes });
    syncDatabase(file);
    return { ok: true };
  } catch (error) {
    for (const part of withSidecars(file)) {
      rmSync(part, { force: true });
    }
    if (error instanceof SqlError) {
      return { ok: false, problem: error.message.replace(REFUSED, '') };
    }
    throw error;
  }
}
