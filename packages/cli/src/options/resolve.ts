/**
 * From flags and environment to typed values: a flag wins over its variable, the variable over the default.
 *
 * @module
 */
import { UsageError } from '../errors.ts';
import { CLIENT_VARIABLES } from './client.ts';
import {
  flagOf,
  isRepeatable,
  type Option,
  type RepeatableOption,
  SERVER_OPTIONS,
  type ServerOptions,
  variableOf,
} from './table.ts';

type ValueOf<O> = O extends RepeatableOption<infer T> ? readonly T[] : O extends Option<infer T> ? T : never;

export type OptionValues = { readonly [Name in keyof ServerOptions]: ValueOf<ServerOptions[Name]> };

/** What commander collected: only the flags that were given, as text. */
export type GivenFlags = Readonly<Record<string, string | true | readonly string[] | undefined>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @throws UsageError that names the flag or variable with a bad value
 */
export function resolveOptions(flags: GivenFlags, environment: Environment): OptionValues {
  refuseUnknownVariables(environment);
  const entries = Object.entries(SERVER_OPTIONS).map(([name, option]) => {
    const { texts, source } = find(name, option, flags, environment);
    const values = texts.map((text) => parse(option, text, source));
    return [name, isRepeatable(option) ? values : values[0]];
  });
  return Object.fromEntries(entries) as OptionValues;
}

function find(name: string, option: Option<unknown>, flags: GivenFlags, environment: Environment) {
  const flag = flags[name];
  if (flag !== undefined) {
    return { texts: [flag].flat().map(String), source: flagOf(name) };
  }
  const variable = environment[variableOf(name)];
  // Container platforms set variables they do not use to the empty text.
  if (variable !== undefined && variable !== '') {
    return { texts: isRepeatable(option) ? variable.split(';') : [variable], source: variableOf(name) };
  }
  return { texts: [option.fallback].flat(), source: flagOf(name) };
}

function parse(option: Option<unknown>, text: string, source: string): unknown {
  try {
    return option.kind.parse(text);
  } catch (error) {
    const given = option.kind.isSecret === true ? '' : ` "${text}"`;
    throw new UsageError(`${source}${given}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** A mistyped variable would otherwise be ignored without a word, and the default be served. */
function refuseUnknownVariables(environment: Environment): void {
  const known = new Set([...Object.keys(SERVER_OPTIONS).map(variableOf), ...Object.values<string>(CLIENT_VARIABLES)]);
  const unknown = Object.entries(environment)
    .filter(([name, value]) => name.startsWith('SKERRY_') && !known.has(name) && !isServiceLink(name, value ?? ''))
    .map(([name]) => name);
  if (unknown.length > 0) {
    throw new UsageError(`${unknown.join(', ')}: no such option. Known variables: ${[...known].sort().join(', ')}.`);
  }
}

/** Kubernetes sets such variables in every container beside a service named "skerry". */
function isServiceLink(name: string, value: string): boolean {
  return /_SERVICE_(HOST|PORT)(_|$)|_(TCP|UDP)(_(PROTO|PORT|ADDR))?$/.test(name) || /^(tcp|udp):\/\//.test(value);
}
