import { flagOf, isRepeatable, type Option, SERVER_OPTIONS, variableOf } from '../../packages/cli/src/options/table.ts';
import { code, heading, plain, table } from './markdown.ts';

const INTRODUCTION = `
Every option of \`skerry start\`, as a flag and as an environment variable. A flag wins over its variable, the variable
over the default. Durations are written \`500ms\`, \`5s\`, \`2m\` or \`1h\`; sizes \`500KB\`, \`10MB\` or \`2GB\` (or \`KiB\`, \`MiB\`,
\`GiB\`). An unknown flag, an unknown \`SKERRY_\` variable and a bad value stop the start with exit code 2.
`;

/** docs/options.md */
export function optionsPage(): string {
  const sections = Map.groupBy(Object.entries<Option<unknown>>(SERVER_OPTIONS), ([, option]) => option.section);
  const parts = [...sections].map(
    ([section, options]) =>
      `## ${section}\n\n${table(
        ['flag', 'variable', 'value', 'default', ''],
        options.map(([name, option]) => [
          code(flagOf(name)),
          code(variableOf(name)),
          code(option.kind.metavar),
          option.fallbackHelp ?? code([option.fallback].flat().join(' ')),
          plain(option.help) + (isRepeatable(option) ? ' In the variable, values are parted by `;`.' : ''),
        ]),
      )}`,
  );
  return [heading('Options', 'packages/cli/src/options/table.ts'), INTRODUCTION, ...parts]
    .map((part) => part.trim())
    .join('\n\n')
    .concat('\n');
}
