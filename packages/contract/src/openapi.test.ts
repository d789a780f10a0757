import { expect, test } from 'vitest';
import { z } from 'zod';

import { openApiDocument } from './openapi.ts';
import { OPERATIONS } from './operations/all.ts';
import { pathsOf } from './operations/paths.ts';

type Json = Record<string, unknown>;

const document = openApiDocument('0.1.0') as unknown as {
  paths: Record<string, Record<string, { operationId: string; responses: Json; parameters: { name: string }[] }>>;
  components: { schemas: Json };
};
const described = Object.values(document.paths).flatMap((item) => Object.values(item));

test('every operation is described, under an id of its own', () => {
  const ids = described.map(({ operationId }) => operationId);
  expect(ids).toEqual(expect.arrayContaining(OPERATIONS.map(({ id }) => id)));
  expect(new Set(ids).size).toBe(ids.length);
});

test('no two operations answer at the same method and path', () => {
  const places = OPERATIONS.flatMap((operation) =>
    pathsOf(operation).map(({ path }) => `${operation.method} ${path.replaceAll(/\{\w+\}/g, '{}')}`),
  );
  expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
});

test('every reference leads to a component', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
  expect(references.length).toBeGreaterThan(20);
  expect(references.map(([, name]) => name ?? '').filter((name) => !(name in document.components.schemas))).toEqual([]);
});

test('every parameter in a path is described', () => {
  for (const [path, item] of Object.entries(document.paths)) {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    for (const { parameters } of Object.values(item)) {
      expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(inPath));
    }
  }
});

test('fields of request bodies have lower-case names, because the server reads names without regard to case', () => {
  const names = OPERATIONS.flatMap(({ body }) => namesIn(z.toJSONSchema(body, { io: 'input' })));
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
});

function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) {
    return [];
  }
  const properties = 'properties' in schema && typeof schema.properties === 'object' ? schema.properties : null;
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(namesIn)].filter(
    (name, index, all) => all.indexOf(name) === index,
  );
}
