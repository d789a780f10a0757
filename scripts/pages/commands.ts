import type { Command } from '../../packages/cli/src/command.ts';
import { SKERRY } from '../../packages/cli/src/commands/all.ts';
import { CLIENT_FLAGS } from '../../packages/cli/src/options/client.ts';
import { flagOf } from '../../packages/cli/src/options/table.ts';
import { code, heading, plain, table } from './markdown.ts';

const INTRODUCTION = `
Every command of \`skerry\` but \`start\`, whose options have [a page of their own](options.md). Each prints a table or a
sentence for people, and with \`--json\` its result for programs. What cannot be taken back asks for \`--yes\`. Exit codes
are in [operations](operations.md).
`;

const CLIENT = `
## Which server

Without any of these, a command talks to the server on this machine with the token in \`./data/api-token\`.
\`skerry auth login\` keeps another address and token for later.
`;

/** docs/commands.md */
export function commandsPage(): string {
  const commands = SKERRY.commands.filter(({ name }) => name !== 'start');
  const sections = [...Map.groupBy(commands, ({ name }) => name.split(' ')[0] ?? '')].map(
    ([noun, list]) => `## ${noun}\n\n${list.map(entry).join('\n\n')}`,
  );
  const parts = [heading('Commands', 'packages/cli/src/commands/'), INTRODUCTION, CLIENT, flagTable(CLIENT_FLAGS)];
  return [...parts, ...sections]
    .map((part) => part.trim())
    .join('\n\n')
    .concat('\n');
}

function entry(command: Command): string {
  const args = command.arguments.map(({ name, isOptional }) => (isOptional === true ? `[${name}]` : `<${name}>`));
  const flags = command.flags.filter((flag) => !CLIENT_FLAGS.includes(flag));
  return [
    code(['skerry', command.name, ...args].join(' ')),
    plain(command.summary),
    ...(flags.length === 0 ? [] : [flagTable(flags)]),
    ...(command.notes === '' ? [] : [plain(command.notes)]),
  ].join('\n\n');
}

function flagTable(flags: Command['flags']): string {
  return table(
    ['flag', ''],
    flags.map(({ name, metavar, help }) => [
      code(metavar === undefined ? flagOf(name) : `${flagOf(name)} <${metavar}>`),
      plain(help),
    ]),
  );
}
