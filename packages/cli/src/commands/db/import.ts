import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';

import { createDatabase, deleteDatabase } from '@skerry/contract/operations/databases';

import { openDatabase, requestDatabase } from '../../api/database.ts';
import { bytes } from '../../output/table.ts';
import { isSqliteFile, readyForUpload } from '../../sql/sqlite-file.ts';
import { sqliteFromText } from '../../sql/sqlite-from-text.ts';
import { apiCommand, type Given } from '../api-command.ts';
import { groupFor } from './group-for.ts';

export const dbImport = apiCommand({
  name: 'db import',
  summary: 'Make a database of a SQLite file or of SQL text.',
  arguments: [
    { name: 'file', help: 'A SQLite database, or statements such as a dump.' },
    { name: 'database', help: 'Name of the new database. (default: as the file)', isOptional: true },
  ],
  flags: [{ name: 'group', metavar: 'group', help: 'Group of the database. (default: the only one, or "default")' }],
  notes: 'The file is not changed. When anything fails, the new database is removed again.',
  async run(given) {
    const file = given.argument('file');
    await using built = (await isSqliteFile(file)) ? undefined : await sqliteFromText(file);
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

async function upload(given: Given, name: string, file: string): Promise<number> {
  await using ready = await readyForUpload(file);
  await requestDatabase(await openDatabase(given, name), 'v1/upload', {
    method: 'POST',
    headers: { 'content-length': String(ready.sizeBytes) },
    body: Readable.toWeb(createReadStream(ready.path)) as ReadableStream<Uint8Array>,
    duplex: 'half',
  });
  return ready.sizeBytes;
}

function nameFrom(file: string): string {
  return path
    .parse(file)
    .name.toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
}
