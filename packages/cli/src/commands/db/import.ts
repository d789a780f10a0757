import { stat } from 'node:fs/promises';
import path from 'node:path';

import { createDatabase, deleteDatabase } from '@skerry/contract/operations/databases';

import { openDatabase } from '../../api/database.ts';
import { bytes } from '../../output/table.ts';
import { isSqliteFile, readyForUpload } from '../../sql/sqlite-file.ts';
import { sqliteFromCsv } from '../../sql/sqlite-from-csv.ts';
import { type BuiltFile, sqliteFromText } from '../../sql/sqlite-from-text.ts';
import { Progress } from '../../transfer/progress.ts';
import { uploadFile } from '../../transfer/upload.ts';
import { apiCommand, type Given } from '../api-command.ts';
import { groupFor } from './group-for.ts';

export const dbImport = apiCommand({
  name: 'db import',
  summary: 'Make a database of a SQLite file, of SQL text or of a CSV file.',
  arguments: [
    {
      name: 'file',
      help: 'A SQLite database, statements such as a dump, or a .csv whose first line names the columns.',
    },
    { name: 'database', help: 'Name of the new database. (default: as the file)', isOptional: true },
  ],
  flags: [
    { name: 'group', metavar: 'group', help: 'Group of the database. (default: the only one, or "default")' },
    { name: 'table', metavar: 'name', help: 'Table for the rows of a CSV file. (default: as the file)' },
  ],
  notes: 'The file is not changed. When anything fails, the new database is removed again.',
  async run(given) {
    const file = given.argument('file');
    await using built = (await isSqliteFile(file)) ? undefined : await build(given, file);
    const name = given.optionalArgument('database') ?? nameFrom(file);
    const params = { organizationSlug: await given.organization() };
    const { database } = await given.api.call(createDatabase, {
      params,
      body: {
        name,
        group: given.flag('group') ?? (await groupFor(given)),
        seed: { type: 'database_upload' },
      },
    });
    try {
      const sizeBytes = await upload(given, name, built?.path ?? file);
      return { database: name, hostname: database.Hostname, sizeBytes };
    } catch (error) {
      await given.api.call(deleteDatabase, { params: { ...params, databaseName: name } }).catch(() => {
        given.terminal.err(`The database ${name} is still there, half filled: skerry db destroy ${name} --yes\n`);
      });
      throw error;
    }
  },
  show: ({ database, hostname, sizeBytes }) =>
    `Imported ${bytes(sizeBytes)} into database ${database} at http://${hostname}\n`,
});

async function build(given: Given, file: string): Promise<BuiltFile> {
  using progress = new Progress(given.terminal, `Reading ${file}`, (await stat(file)).size);
  const update = (readBytes: number): void => progress.update(readBytes);
  return file.toLowerCase().endsWith('.csv')
    ? await sqliteFromCsv(file, given.flag('table') ?? path.parse(file).name, update)
    : await sqliteFromText(file, update);
}

async function upload(given: Given, name: string, file: string): Promise<number> {
  await using ready = await readyForUpload(file);
  using progress = new Progress(given.terminal, `Uploading ${name}`, ready.sizeBytes);
  await uploadFile(await openDatabase(given, name), ready, progress);
  return ready.sizeBytes;
}

function nameFrom(file: string): string {
  return path
    .parse(file)
    .name.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
