/**
 * Plays the story of examples against a running server, and says what it answered.
 *
 * @module
 */
import { OPERATIONS } from '../../packages/contract/src/operations/all.ts';
import type { Operation } from '../../packages/contract/src/operations/operation.ts';
import { type Example, isList, isRecord, type Json, type Request, type Statements } from './example.ts';
import { mask } from './mask.ts';
import { STORY } from './story.ts';

const OPERATOR = 'operator';
const NOBODY = 'nobody';
const COOKIE = /^skerry_session=[^;]+/;

/** @param given names that the story expects besides the operator's token */
export async function runStory(
  server: { readonly url: string; readonly apiToken: string },
  given: Readonly<Record<string, string>>,
): Promise<Example[]> {
  const kept = new Map(Object.entries({ ...given, [OPERATOR]: server.apiToken }));
  const examples: Example[] = [];
  for (const step of STORY) {
    if ('sql' in step) {
      await runStatements(server.url, step, kept);
    } else {
      examples.push(await runRequest(server.url, step, kept));
    }
  }
  return examples;
}

export function operationOf(id: string): Operation {
  const operation = OPERATIONS.find((candidate) => candidate.id === id);
  if (operation === undefined) {
    throw new Error(`the contract has no operation ${id}`);
  }
  return operation;
}

async function runRequest(serverUrl: string, request: Request, kept: Map<string, string>): Promise<Example> {
  const { method } = operationOf(request.operation);
  const target = targetOf(request, (value) => encodeURIComponent(fill(value, kept)));
  const body = request.body === undefined ? undefined : fillAll(request.body, (value) => fill(value, kept));
  const ask = async (): Promise<{ response: Response; answer: Json }> => {
    const response = await fetch(`${serverUrl}${target}`, {
      method,
      headers: credentials(request.as ?? OPERATOR, serverUrl, kept),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(request.file === undefined ? {} : { body: form(request.file) }),
    });
    const answered = await response.text();
    if (response.status !== (request.status ?? 200)) {
      throw new Error(`${request.operation}: ${method} ${target} answered ${response.status}: ${answered}`);
    }
    return { response, answer: JSON.parse(answered) as Json };
  };
  let { response, answer } = await ask();
  while (request.until !== undefined && (valueAt(answer, request.until) ?? null) === null) {
    ({ response, answer } = await ask());
  }
  for (const [name, place] of Object.entries(request.keep ?? {})) {
    const value = valueAt(answer, place);
    kept.set(name, typeof value === 'string' ? value : missing(`${request.operation}: ${place}`));
  }
  if (request.keepCookie !== undefined) {
    const cookie = response.headers.getSetCookie().find((header) => COOKIE.test(header));
    kept.set(request.keepCookie, COOKIE.exec(cookie ?? '')?.[0] ?? missing(`${request.operation}: cookie`));
  }
  return {
    operation: request.operation,
    method,
    path: targetOf(request, documented),
    ...(request.body === undefined ? {} : { body: fillAll(request.body, documented) }),
    status: response.status,
    response: mask(answer),
  };
}

/** Path and query of a request. */
function targetOf(request: Request, text: (value: string) => string): string {
  const path = operationOf(request.operation).path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    text(request.params?.[name] ?? missing(`${request.operation}: ${name}`)),
  );
  const query = Object.entries(request.query ?? {}).map(([name, value]) => `${name}=${text(value)}`);
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

/** Throws when a statement fails. */
async function runStatements(serverUrl: string, step: Statements, kept: Map<string, string>): Promise<void> {
  const response = await fetch(`${serverUrl}/db/${step.organization}/${step.database}/v2/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${fill(step.token, kept)}` },
    body: JSON.stringify({ requests: step.sql.map((sql) => ({ type: 'execute', stmt: { sql } })) }),
  });
  const answered = await response.text();
  if (!response.ok || answered.includes('"type":"error"')) {
    throw new Error(`${step.sql.join('; ')}: ${answered}`);
  }
}

function credentials(who: string, serverUrl: string, kept: Map<string, string>): Record<string, string> {
  if (who === NOBODY) {
    return {};
  }
  const secret = kept.get(who) ?? missing(who);
  return COOKIE.test(secret) ? { cookie: secret, origin: serverUrl } : { authorization: `Bearer ${secret}` };
}

function form(content: string): FormData {
  const data = new FormData();
  data.set('file', new Blob([content]), 'dump.sql');
  return data;
}

function fill(text: string, kept: Map<string, string>): string {
  return text.replaceAll(/\$(\w+)/g, (_, name: string) => kept.get(name) ?? missing(name));
}

function documented(text: string): string {
  return text.replaceAll(/\$(\w+)/g, '<$1>');
}

function fillAll(value: Json, text: (value: string) => string): Json {
  if (typeof value === 'string') {
    return text(value);
  }
  if (isList(value)) {
    return value.map((element) => fillAll(element, text));
  }
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillAll(inner, text)]))
    : value;
}

function valueAt(answer: Json, place: string): Json | undefined {
  let value: Json | undefined = answer;
  for (const key of place.split('.')) {
    value =
      value === undefined ? undefined : isList(value) ? value[Number(key)] : isRecord(value) ? value[key] : undefined;
  }
  return value;
}

function missing(what: string): never {
  throw new Error(`the story lacks ${what}`);
}
