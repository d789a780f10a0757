/**
 * From a client's arguments to what node:sqlite binds.
 *
 * @module
 */
import type { NamedArg, Value } from '@skerry/hrana/shared/proto';

import { parameterNames } from './lexer.ts';
import { SqlError } from './statement.ts';

type Bindable = Exclude<Value, Uint8Array> | Uint8Array;
/** Arguments of a statement's methods: named ones in an object first, then those without a name by their order. */
export type Bound = [Record<string, Bindable>, ...Bindable[]] | Bindable[];

const NO_VALUES: readonly Value[] = [];

export class Parameters {
  /** By index, with their prefix; null for one without a name. */
  readonly names: readonly (string | null)[];
  /** Every parameter is bound by its place alone. */
  readonly #isPositional: boolean;

  constructor(sql: string) {
    this.names = parameterNames(sql);
    this.#isPositional = this.names.every((name) => name === null || name.startsWith('?'));
  }

  /**
   * @param lenient EXPLAIN needs no values
   * @throws {SqlError} ARGS_INVALID, ARGS_BOTH_POSITIONAL_AND_NAMED
   */
  bind(args: readonly Value[], namedArgs: readonly NamedArg[], lenient: boolean): Bound {
    if (args.length > 0 && namedArgs.length > 0) {
      throw new SqlError(
        'ARGS_BOTH_POSITIONAL_AND_NAMED',
        'Specifying both positional and named arguments is not supported',
      );
    }
    if (namedArgs.length === 0) {
      return this.#byPlace(args, lenient);
    }
    const values = this.names.map((name, index) => this.#find(name, index, namedArgs, lenient));
    return this.#arrange(values);
  }

  #byPlace(args: readonly Value[], lenient: boolean): Bound {
    const count = this.names.length;
    if (args.length > count) {
      throw invalid(`too many parameters, expected ${count} found ${args.length}`);
    }
    if (args.length < count && !lenient) {
      throw invalid(`value for parameter ${this.names[args.length] ?? args.length + 1} not found`);
    }
    return this.#isPositional ? (args as Bindable[]) : this.#arrange(args);
  }

  #find(name: string | null, index: number, namedArgs: readonly NamedArg[], lenient: boolean): Value {
    const given =
      name === null
        ? undefined
        : (namedArgs.find((arg) => arg.name === name) ?? namedArgs.find((arg) => arg.name === name.slice(1)));
    if (given === undefined && !lenient) {
      throw invalid(`value for parameter ${name ?? index + 1} not found`);
    }
    return given?.value ?? null;
  }

  #arrange(values: readonly Value[] = NO_VALUES): Bound {
    const named: Record<string, Bindable> = {};
    const placed: Bindable[] = [];
    for (const [index, value] of values.entries()) {
      const name = this.names[index] ?? null;
      if (name === null || name.startsWith('?')) {
        placed.push(value);
      } else {
        named[name] = value;
      }
    }
    return Object.keys(named).length === 0 ? placed : [named, ...placed];
  }
}

function invalid(what: string): SqlError {
  return new SqlError('ARGS_INVALID', `Arguments do not match SQL parameters: ${what}`);
}
