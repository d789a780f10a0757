/**
 * `skerry restore`: a whole server back from its backup, onto an empty machine.
 *
 * @module
 */
import path from 'node:path';

import type { RestoreReport } from '@skerry/server/backup/restore';

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
    {
      name: 'drill',
      help: 'Leave the backup to its server: to try a restore. What is restored cannot go on with this backup.',
    },
    {
      name: 'store',
      metavar: 'postgres-url',
      help: "Where the server's records are, when it was started with --store: its databases are restored.",
    },
    { name: 'json', help: 'Print the result as JSON.' },
  ],
  notes:
    'Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Afterwards: skerry start with the same --backup.\n' +
    'A server that still writes to this backup stops doing so, except with --drill. The exit code is 1 when something\n' +
    'is missing.',
  async run({ flags }, terminal) {
    const place = backupTarget.parse(given(flags, 'backup') ?? missing());
    if (place === undefined) {
      return missing();
    }
    const at = given(flags, 'at');
    if (at !== undefined && Number.isNaN(Date.parse(at))) {
      throw new UsageError(`${at} is no time such as 2026-06-01T12:00:00Z.`);
    }
    // No other command should wait for the clients of the object store and of PostgreSQL.
    const { ObjectStoreError } = await import('@skerry/server/backup/object-store');
    const { NotEmpty, NotRestorable, restoreServer } = await import('@skerry/server/backup/restore');
    const { databasesOfRecords, releaseFolder } = await import('@skerry/server/restore-records');
    const dataDir = path.resolve(given(flags, 'dataDir') ?? './data');
    const storeUrl = given(flags, 'store');
    let report: RestoreReport;
    try {
      report = await restoreServer({
        target: {
          ...place,
          endpoint: endpoint.parse(given(flags, 'backupEndpoint') ?? 'aws'),
          region: given(flags, 'backupRegion') ?? 'us-east-1',
        },
        dataDir,
        atMs: at === undefined ? undefined : Date.parse(at),
        isDrill: flags['drill'] === true,
        wanted: storeUrl === undefined ? undefined : await databasesOfRecords(storeUrl, dataDir),
        tell: (line) => terminal.err(`${line}\n`),
      });
    } catch (error) {
      if (error instanceof NotEmpty) {
        throw new UsageError(`${error.message}.`);
      }
      if (error instanceof NotRestorable || error instanceof ObjectStoreError) {
        terminal.err(`error: ${error.message}.\n`);
        return EXIT_CODES.failure;
      }
      throw error;
    }
    if (storeUrl !== undefined && flags['drill'] !== true) {
      await releaseFolder(storeUrl, dataDir);
    }
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
