/**
 * What an example of the Platform API is: as told in the story, and as recorded for the documentation.
 *
 * @module
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One request. `$name` in any of its texts stands for what an earlier step kept by that name. */
export interface Request {
  /** Id of the operation in the contract. */
  readonly operation: string;
  /** Whose token or cookie, by the name it was kept under. By default the operator's token; `nobody`: none. */
  readonly as?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** Sent as the field `file` of a form, in place of a body. */
  readonly file?: string;
  /** Names for later steps: where in the answer the value is, keys parted by dots. */
  readonly keep?: Readonly<Record<string, string>>;
  /** Asked again until the answer has something at this place, keys parted by dots. */
  readonly until?: string;
  /** The answer's session cookie is kept under this name. */
  readonly keepCookie?: string;
  /** 200 unless given. */
  readonly status?: number;
}

/** Statements that give the examples something to show; not an example itself. */
export interface Statements {
  readonly sql: readonly string[];
  readonly organization: string;
  readonly database: string;
  readonly token: string;
}

export type Step = Request | Statements;

/** An example as docs/api-examples.json has it: ids, secrets and times are masked, `$name` is `<name>`. */
export interface Example {
  readonly operation: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: Json;
  readonly status: number;
  readonly response: Json;
}

/**
 * Where two answers differ in keys and types. A null says nothing about the type of its place: whether it may stand
 * there is the schema's business.
 */
export function differences(documented: Json, actual: Json, place = 'response'): string[] {
  if (documented === null || actual === null) {
    return [];
  }
  if (isList(documented) && isList(actual)) {
    const unlike = (some: readonly Json[], others: readonly Json[], what: string): string[] =>
      some
        .filter((one) => others.every((other) => differences(one, other).length > 0))
        .map((one) => `${place}[]: only ${what}: ${JSON.stringify(one)}`);
    return [...unlike(documented, actual, 'documented'), ...unlike(actual, documented, 'answered')];
  }
  if (isRecord(documented) && isRecord(actual)) {
    const keys = [...new Set([...Object.keys(documented), ...Object.keys(actual)])];
    return keys.flatMap((key) => {
      const [before, now] = [documented[key], actual[key]];
      if (before === undefined || now === undefined) {
        return [`${place}.${key}: only ${before === undefined ? 'answered' : 'documented'}`];
      }
      return differences(before, now, `${place}.${key}`);
    });
  }
  const [before, now] = [kindOf(documented), kindOf(actual)];
  return before === now ? [] : [`${place}: documented ${before}, answered ${now}`];
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !isList(value);
}

function kindOf(value: Json): string {
  return isList(value) ? 'list' : typeof value;
}
