/**
 * `skerry restore`: a whole server back from its backup, onto an empty machine.
 *
 * @module
 */
import path from 'node:path';

import type { Command } from '../command.ts';
import { EXIT_CODES, UsageError } from '../errors.ts';
import { backupTarget, endpoint } from '../options/kinds.ts';
import type { GivenFlags } from '../options/resolve.ts';

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Bring a whole server back from its backup, into an empty data folder.',
  arguments: [],
  flags: [
    { name: 'backup', metavar: 's3-url', help: 'What --backup was: s3://bucket/prefix.' },
    { name: 'dataDir', metavar: 'folder', help: 'An empty folder, or one that is not there yet. (default: ./data)' },
    { name: 'at', metavar: 'time', help: 'As it was then: 2026-06-01T12:00:00Z. (default: as it was last)' },
    { name: 'backupEndpoint', metavar: 'url', help: 'URL of the object store, when it is not AWS.' },
    { name: 'backupRegion', metavar: 'text', help: 'Region of the bucket. (default: us-east-1)' },
    { name: 'json', help: 'Print the result as JSON.' },
  ],
  notes:
    'Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Afterwards: skerry start with the same --backup.\n' +
    'A server that still writes to this backup stops doing so. The exit code is 1 when something is missing.',
  async run({ flags }, terminal) {
    const place = backupTarget.parse(given(flags, 'backup') ?? missing());
    if (place === undefined) {
      return missing();
    }
    const at = given(flags, 'at');
    if (at !== undefined && Number.isNaN(Date.parse(at))) {
      throw new UsageError(`${at} is no time such as 2026-06-01T12:00:00Z.`);
    }
    // No other command should wait for the client of the object store.
    const { NotEmpty, restoreServer } = await import('@skerry/server/backup/restore');
    const report = await restoreServer({
      target: {
        ...place,
        endpoint: endpoint.parse(given(flags, 'backupEndpoint') ?? 'aws'),
        region: given(flags, 'backupRegion') ?? 'us-east-1',
      },
      dataDir: path.resolve(given(flags, 'dataDir') ?? './data'),
      atMs: at === undefined ? undefined : Date.parse(at),
      tell: (line) => terminal.err(`${line}\n`),
    }).catch((error: unknown) => {
      throw error instanceof NotEmpty ? new UsageError(`${error.message}.`) : error;
    });
    terminal.out(
      flags['json'] === true
        ? `${JSON.stringify(report, undefined, 2)}\n`
        : `Restored ${report.databases} databases, ${report.sizeBytes} bytes.\n` +
            report.problems.map((problem) => `  ${problem}\n`).join(''),
    );
    return report.problems.length === 0 ? EXIT_CODES.ok : EXIT_CODES.failure;
  },
};

function given(flags: GivenFlags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

function missing(): never {
  throw new UsageError('Name the backup: skerry restore --backup s3://bucket/prefix --data-dir folder.');
}
