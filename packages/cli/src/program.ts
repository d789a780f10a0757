/**
 * The command line made of command data. Commander parses, suggests and prints help; nothing else knows it.
 *
 * @module
 */
import { Command as Commander, CommanderError, Option as CommanderOption } from 'commander';

import manifest from '../package.json' with { type: 'json' };
import type { Command, Terminal } from './command.ts';
import { EXIT_CODES, explain } from './errors.ts';
import { flagOf, isRepeatable, variableOf } from './options/table.ts';

/**
 * Runs one command line and resolves with the exit code; nothing is thrown.
 *
 * @param args without the program's own two
 */
export async function runProgram(args: readonly string[], commands: readonly Command[], terminal: Terminal) {
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
    program.addCommand(
      toCommander(command, program).action(async (flags) => {
        exitCode = await command.run(flags, terminal);
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

function toCommander(command: Command, program: Commander): Commander {
  const built = new Commander(command.name).copyInheritedSettings(program).description(command.summary);
  for (const [name, option] of Object.entries(command.options)) {
    const fallback = option.fallbackHelp ?? [option.fallback].flat().join(' ');
    const flag = new CommanderOption(
      `${flagOf(name)} <${option.kind.metavar}>`,
      `${option.help} (default: ${fallback}; ${variableOf(name)})`,
    ).helpGroup(`${option.section}:`);
    if (isRepeatable(option)) {
      flag.argParser((text: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), text]);
    }
    built.addOption(flag);
  }
  return built.addHelpText('after', `\n${command.notes}`);
}
