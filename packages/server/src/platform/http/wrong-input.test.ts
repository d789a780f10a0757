/**
 * Every operation of the contract, asked in ways that nobody should: wrong types, texts of every kind, bodies that are none.
 * The inputs are made from the contract, so a new operation is asked as well.
 */
import { OPERATIONS } from '@skerry/contract/operations/all';
import type { Operation } from '@skerry/contract/operations/operation';
import { pathsOf } from '@skerry/contract/operations/paths';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';

import { Harness, OWNER } from '../testing/harness.ts';
import { BODY_MAX_BYTES } from './body.ts';

const TEXTS = [
  '',
  ' ',
  'x'.repeat(5_000),
  '\0',
  '😀',
  '\uD800',
  '..',
  '__proto__',
  "';--",
  'Ünï çode',
  '-1',
  '1e999',
  'NaN',
];
const VALUES: readonly unknown[] = [...TEXTS, null, 0, -1, 1.5, 2 ** 60, true, [], [null], [[]], [{}], {}, { x: {} }];
const BODIES = [
  '',
  '{',
  '[]',
  '"text"',
  'null',
  '1',
  'name=shop',
  '\uFEFF{}',
  '{"name":"a","name":"b"}',
  '{"__proto__":{"x":1},"constructor":1}',
  '['.repeat(50_000),
  `{"name":"${'x'.repeat(BODY_MAX_BYTES)}"}`,
];
const CONTENT_TYPES = [
  'text/plain',
  'application/xml',
  'multipart/form-data; boundary=x',
  'application/json; charset=x',
  ';',
];
/** In a path, as they are sent: the last is no UTF-8. */
const PATH_PARTS = [
  ...TEXTS.filter((text) => !['', '..', '\uD800'].includes(text)).map(encodeURIComponent),
  '%2e%2e%2f',
  '%ff',
];

let api: Harness | undefined;

beforeEach(async () => {
  // An operation may have taken away what the next one needs.
  if (api !== undefined && !(await isWhole(api))) {
    await api.stop();
    api = undefined;
  }
  api ??= await startHarness();
});

afterAll(async () => {
  await api?.stop();
});

async function startHarness(): Promise<Harness> {
  const harness = await Harness.start();
  await harness.database('shop');
  return harness;
}

async function isWhole(harness: Harness): Promise<boolean> {
  const answer = await harness.get(`/v1/organizations/${OWNER}/databases/shop`);
  return answer.status === 200;
}

interface Input {
  readonly what: string;
  readonly path?: string;
  readonly query?: string;
  readonly body?: string;
  readonly contentType?: string;
}

function placed(path: string, values: Readonly<Record<string, string>> = {}): string {
  const known = { organizationSlug: OWNER, databaseName: 'shop', groupName: 'default', location: 'local', ...values };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (known as Record<string, string>)[name] ?? 'something');
}

function json(body: unknown): string {
  return JSON.stringify(body);
}

function inputsOf(operation: Operation): Input[] {
  const { path, hasBody } = operation;
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const fields = hasBody ? namesOf(operation.body) : [];
  return [
    { what: 'nothing' },
    ...parameters.flatMap((name) =>
      PATH_PARTS.map((part) => ({ what: `${name} ${part.slice(0, 20)}`, path: placed(path, { [name]: part }) })),
    ),
    ...namesOf(operation.query).flatMap((name) =>
      [...PATH_PARTS, ''].map((part) => ({ what: `?${name}=${part.slice(0, 20)}`, query: `?${name}=${part}` })),
    ),
    ...(hasBody ? BODIES.map((body) => ({ what: body.slice(0, 20), body })) : []),
    ...CONTENT_TYPES.map((contentType) =>
      hasBody ? { what: contentType, contentType, body: '{}' } : { what: contentType, contentType },
    ),
    ...fields.flatMap((name) =>
      VALUES.map((value) => ({ what: json({ [name]: value }).slice(0, 60), body: json({ [name]: value }) })),
    ),
    ...(hasBody
      ? VALUES.map((value) => ({
          what: `all ${json(value).slice(0, 20)}`,
          body: json(Object.fromEntries([...fields, 'unknown'].map((name) => [name, value]))),
        }))
      : []),
  ];
}

/** Of the fields, also where there are several forms. */
function namesOf(schema: z.ZodType): string[] {
  const found = new Set<string>();
  const look = (part: { properties?: object; anyOf?: object[]; allOf?: object[]; oneOf?: object[] }): void => {
    Object.keys(part.properties ?? {}).forEach((name) => found.add(name));
    [...(part.anyOf ?? []), ...(part.allOf ?? []), ...(part.oneOf ?? [])].forEach(look);
  };
  look(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Parameters<typeof look>[0]);
  return [...found];
}

const all = OPERATIONS.map((operation) => [`${operation.method} ${operation.path}`, operation] as const);

test.each(all)('%s answers whatever it is asked, with a code of its own when that was wrong', async (_, operation) => {
  const inputs = inputsOf(operation);
  const faults: unknown[] = [];
  for (const { what, path, query = '', body, contentType } of inputs) {
    const harness = (api ??= await startHarness());
    const answer = await harness.call(operation.method, `${path ?? placed(operation.path)}${query}`, {
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    });
    const { status } = answer;
    const { error, code } = (answer.body ?? {}) as { error?: unknown; code?: unknown };
    const isTold = status === 200 || (typeof error === 'string' && error !== '' && typeof code === 'string');
    if (!isTold || (status >= 500 && status !== 501)) {
      faults.push({ what, status, code, error });
    }
    if (code === 'token_invalid') {
      // This operation has ended its own caller's token.
      await harness.stop();
      api = undefined;
    }
  }
  expect(faults).toEqual([]);
  expect(inputs.length).toBeGreaterThan(5);
});

test('every operation is asked at every kind of place that it reads', () => {
  const create = OPERATIONS.find(({ id }) => id === 'createDatabase');
  const inputs = create === undefined ? [] : inputsOf(create);
  expect(inputs.map(({ body }) => body ?? '').join()).toContain('"seed"');
  expect(inputs.some(({ path }) => path?.includes('%00') === true)).toBe(true);
  expect(OPERATIONS.flatMap(pathsOf).length).toBeGreaterThan(OPERATIONS.length);
});
