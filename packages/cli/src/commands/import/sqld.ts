import path from 'node:path';

import { listLocations } from '@skerry/contract/operations/locations';

import { UsageError } from '../../errors.ts';
import { SqldFolder, SqldServer } from '../../moving/sqld-source.ts';
import { apiCommand } from '../api-command.ts';
import { exitCodeOf, listOf, move, MOVE_FLAGS, originOf, readSecret, showMove } from './import-command.ts';

export const importSqld = apiCommand({
  name: 'import sqld',
  summary: 'Move the namespaces of a libSQL server (sqld) here: each becomes a database.',
  flags: [
    { name: 'folder', metavar: 'folder', help: 'Data folder of a server that does not run (its --db-path).' },
    { name: 'source', metavar: 'url', help: 'User address of a running server, instead of a folder.' },
    { name: 'sourceTokenFile', metavar: 'file', help: 'File with a token for the running server, if it asks for one.' },
    {
      name: 'namespaces',
      metavar: 'names',
      help: 'Separated by commas. (default: all in the folder; of a server "default")',
    },
    {
      name: 'group',
      metavar: 'group',
      help: 'Group of the databases; made when it is not there. (default: "default")',
    },
    ...MOVE_FLAGS,
  ],
  notes: 'Nothing is changed at the source.',
  async run(given) {
    const [folder, url, tokenFile] = [given.flag('folder'), given.flag('source'), given.flag('sourceTokenFile')];
    const { locations } = await given.api.call(listLocations, { params: {} });
    const place = {
      organization: await given.organization(),
      group: given.flag('group') ?? 'default',
      location: Object.keys(locations)[0] ?? '',
      namespaces: listOf(given.flag('namespaces')),
    };
    const choices = { into: undefined, locations: new Map<string, string>() };
    if (folder !== undefined && url === undefined) {
      return await move(given, path.resolve(folder), new SqldFolder(folder, place), choices);
    }
    if (url !== undefined && folder === undefined) {
      const token = tokenFile === undefined ? undefined : await readSecret(tokenFile, '--source-token-file');
      const origin = originOf(url);
      return await move(given, origin, new SqldServer(origin, token, place), choices);
    }
    throw new UsageError('Name either --folder or --source.');
  },
  show: showMove,
  exitCode: exitCodeOf,
});
