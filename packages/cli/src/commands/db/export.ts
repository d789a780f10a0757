import { openDatabase } from '../../api/database.ts';
import { bytes } from '../../output/table.ts';
import { exportFile } from '../../transfer/export.ts';
import { Progress } from '../../transfer/progress.ts';
import { apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

export const dbExport = apiCommand({
  name: 'db export',
  summary: 'Write a database as a SQLite file, as of one moment.',
  arguments: [DATABASE],
  flags: [{ name: 'output', metavar: 'file', help: 'Write to this file. (default: <database>.db)' }],
  notes: 'The file is there only when it is whole.',
  async run(given) {
    const database = given.argument('database');
    const file = given.flag('output') ?? `${database}.db`;
    using progress = new Progress(given.terminal, `Exporting ${database}`);
    return { database, file, sizeBytes: await exportFile(await openDatabase(given, database), file, progress) };
  },
  show: ({ database, file, sizeBytes }) => `Wrote ${database} to ${file}, ${bytes(sizeBytes)}.\n`,
});
