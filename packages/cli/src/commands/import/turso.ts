import { UsageError } from '../../errors.ts';
import { TursoSource } from '../../moving/turso-source.ts';
import { apiCommand } from '../api-command.ts';
import { exitCodeOf, listOf, move, MOVE_FLAGS, originOf, readSecret, showMove } from './import-command.ts';

const TURSO = 'https://api.turso.tech';

export const importTurso = apiCommand({
  name: 'import turso',
  summary: 'Move organizations, groups and databases here from Turso Cloud, or from another Skerry.',
  flags: [
    {
      name: 'sourceTokenFile',
      metavar: 'file',
      help: 'File with an API token of the source ("turso auth api-tokens mint").',
    },
    { name: 'source', metavar: 'url', help: `Platform API of the source. (default: ${TURSO})` },
    { name: 'organizations', metavar: 'slugs', help: 'Only these, separated by commas. (default: all of the token)' },
    { name: 'into', metavar: 'slug', help: 'Put all into this organization. (default: those of the same name)' },
    { name: 'location', metavar: 'there=here', help: 'Locations here for those there, separated by commas.' },
    ...MOVE_FLAGS,
  ],
  notes:
    'Nothing is changed at the source. Databases are copied one after another, each as of one moment; what is written ' +
    'there afterwards stays there. Tokens do not move: mint new ones.',
  async run(given) {
    const tokenFile = given.flag('sourceTokenFile');
    if (tokenFile === undefined) {
      throw new UsageError('--source-token-file is missing: a file with an API token of the source.');
    }
    const url = originOf(given.flag('source') ?? TURSO);
    const source = new TursoSource({
      url,
      token: await readSecret(tokenFile, '--source-token-file'),
      organizations: listOf(given.flag('organizations')),
    });
    const locations = new Map((listOf(given.flag('location')) ?? []).map(pairOf));
    return await move(given, url, source, { into: given.flag('into'), locations });
  },
  show: showMove,
  exitCode: exitCodeOf,
});

function pairOf(text: string): [string, string] {
  const [there = '', here = ''] = text.split('=');
  if (there === '' || here === '') {
    throw new UsageError(`--location "${text}": expected <code there>=<code here>.`);
  }
  return [there, here];
}
