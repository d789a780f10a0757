import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { openDatabase, requestDatabase } from '../../api/database.ts';
import { UsageError } from '../../errors.ts';
import { bytes } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

export const dbDump = apiCommand({
  name: 'db dump',
  summary: 'Write a database as SQL, as of one moment.',
  arguments: [DATABASE],
  flags: [{ name: 'output', metavar: 'file', help: 'Write to this file. (default: standard output)' }],
  notes: 'The file can be read with "skerry db import", or with sqlite3.',
  async run(given) {
    const database = given.argument('database');
    const file = given.flag('output');
    if (file === undefined && given.isSet('json')) {
      throw new UsageError('--json needs --output: without a file the dump itself is the output.');
    }
    const { body } = await requestDatabase(await openDatabase(given, database), 'dump');
    const source = body === null ? Readable.from([]) : Readable.fromWeb(body);
    if (file === undefined) {
      source.setEncoding('utf8');
      for await (const part of source) {
        given.terminal.out(part as string);
      }
      return undefined;
    }
    return { database, file, sizeBytes: await writeWhole(source, file) };
  },
  show: (written) =>
    written === undefined ? '' : `Wrote ${written.database} to ${written.file}, ${bytes(written.sizeBytes)}.\n`,
});

/** The file is there only when it is whole. */
async function writeWhole(source: Readable, file: string): Promise<number> {
  const draft = `${file}.part`;
  const target = createWriteStream(draft);
  try {
    await pipeline(source, target);
    await rename(draft, file);
    return target.bytesWritten;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
