/**
 * The command line made of command data. Commander parses, suggests and prints help; nothing else knows it.
 *
 * @module
 */
import { Command as Commander, CommanderError, Option as CommanderOption } from 'commander';

import manifest from '../package.json' with { type: 'json' };
import type { Command, Flag, Terminal } from './command.ts';
import { EXIT_CODES, explain } from './errors.ts';
import type { GivenFlags } from './options/resolve.ts';
import { flagOf } from './options/table.ts';

export interface CommandLine {
  /** In the order of `--help`. */
  readonly commands: readonly Command[];
  /** First words that have verbs below them, with their summaries. */
  readonly nouns: Readonly<Record<string, string>>;
}

/**
 * Runs one command line and resolves with the exit code; nothing is thrown.
 *
 * @param args without the program's own two
 */
export async function runProgram(args: readonly string[], { commands, nouns }: CommandLine, terminal: Terminal) {
  let exitCode: number = EXIT_CODES.ok;
  const program = new Commander('skerry')
    .description('Turso Cloud that anyone can run: the Platform API and every libSQL database behind it.')
    .version(manifest.version, '-v, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print help.')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    })
    .configureHelp({ helpWidth: 100 })
    .showSuggestionAfterError();
  for (const command of commands) {
    const words = command.name.split(' ');
    const parent = parentOf(program, words.slice(0, -1), nouns);
    const built = toCommander(command, words.at(-1) ?? '', program);
    parent.addCommand(
      built.action(async () => {
        exitCode = await command.run(
          {
            arguments: Object.fromEntries(command.arguments.map(({ name }, index) => [name, built.args[index]])),
            flags: built.opts<GivenFlags>(),
          },
          terminal,
        );
      }),
    );
  }
  try {
    await program.parseAsync(args.length === 0 ? ['--help'] : [...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Already printed. Help and version leave the same way, with code 0.
      return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    }
    const { text, exitCode: code } = explain(error);
    terminal.err(text);
    return code;
  }
}

/** The command that the last word hangs below; nouns are made when their first verb comes. */
function parentOf(program: Commander, words: readonly string[], nouns: CommandLine['nouns']): Commander {
  let parent = program;
  for (const [index, word] of words.entries()) {
    let noun = parent.commands.find((command) => command.name() === word);
    if (noun === undefined) {
      const summary = nouns[words.slice(0, index + 1).join(' ')] ?? '';
      noun = new Commander(word).copyInheritedSettings(program).helpCommand(false).description(summary);
      parent.addCommand(noun);
    }
    parent = noun;
  }
  return parent;
}

function toCommander(command: Command, verb: string, program: Commander): Commander {
  const built = new Commander(verb).copyInheritedSettings(program).description(command.summary);
  for (const { name, help, isOptional } of command.arguments) {
    built.argument(isOptional === true ? `[${name}]` : `<${name}>`, help);
  }
  for (const flag of command.flags) {
    built.addOption(toCommanderOption(flag));
  }
  return command.notes === '' ? built : built.addHelpText('after', `\n${command.notes}`);
}

function toCommanderOption({ name, metavar, help, section, isRepeatable }: Flag): CommanderOption {
  const value = metavar === undefined ? '' : ` <${metavar}>`;
  const option = new CommanderOption(`${flagOf(name)}${value}`, help).helpGroup(`${section ?? 'Options'}:`);
  if (isRepeatable === true) {
    option.argParser((text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]);
  }
  return option;
}
