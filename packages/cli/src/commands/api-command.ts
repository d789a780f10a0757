/**
 * Commands of the Platform API: each gets its result as data and, apart from that, says how a person reads it, so that
 * `--json` is everywhere the same.
 *
 * @module
 */
import { Api } from '../api/api.ts';
import { findConnection } from '../api/connection.ts';
import type { Argument, Command, Flag, Terminal } from '../command.ts';
import { EXIT_CODES, UsageError } from '../errors.ts';
import { CLIENT_FLAGS } from '../options/client.ts';
import type { GivenFlags } from '../options/resolve.ts';
import { flagOf } from '../options/table.ts';

export interface Given {
  readonly api: Api;
  readonly terminal: Terminal;
  /** Slug of the organization that the command is about. */
  readonly organization: () => Promise<string>;
  /** @throws UsageError when an optional argument was left out after all */
  readonly argument: (name: string) => string;
  readonly optionalArgument: (name: string) => string | undefined;
  /** Value of a flag, undefined when it was not given. */
  readonly flag: (name: string) => string | undefined;
  readonly isSet: (name: string) => boolean;
}

interface ApiCommandDefinition<Result> {
  readonly name: string;
  readonly summary: string;
  readonly arguments?: readonly Argument[];
  readonly flags?: readonly Flag[];
  readonly notes?: string;
  run(given: Given): Promise<Result>;
  /** For people; ends with a line break. */
  show(result: Result): string;
  /** Where a result may be a failure; without, it is none. */
  exitCode?(result: Result): number;
}

export function apiCommand<Result>(definition: ApiCommandDefinition<Result>): Command {
  return {
    name: definition.name,
    summary: definition.summary,
    arguments: definition.arguments ?? [],
    flags: [...(definition.flags ?? []), ...CLIENT_FLAGS],
    notes: definition.notes ?? '',
    async run({ arguments: args, flags }, terminal) {
      const api = new Api(await findConnection(flags, terminal.environment));
      const result = await definition.run({
        api,
        terminal,
        organization: async () => await api.organization(),
        argument: (name) => args[name] ?? missing(name),
        optionalArgument: (name) => args[name],
        flag: (name) => textOf(flags, name),
        isSet: (name) => flags[name] === true,
      });
      terminal.out(flags['json'] === true ? `${JSON.stringify(result, undefined, 2)}\n` : definition.show(result));
      return definition.exitCode?.(result) ?? EXIT_CODES.ok;
    },
  };
}

/** For what cannot be taken back: nothing happens without the flag. */
export const YES_FLAG = { name: 'yes', help: 'Do it; without this nothing happens.' } as const;

/** @throws UsageError when the flag was not given */
export function confirm(given: Given, consequence: string): void {
  if (!given.isSet(YES_FLAG.name)) {
    throw new UsageError(`${consequence} Repeat the command with ${flagOf(YES_FLAG.name)} to go on.`);
  }
}

function textOf(flags: GivenFlags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

function missing(name: string): never {
  throw new UsageError(`<${name}> is missing.`);
}
