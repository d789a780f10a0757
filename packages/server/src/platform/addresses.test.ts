import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import { Addresses, databaseLabel, LABEL_MAX_OCTETS, labelProblem, readLabel } from './addresses.ts';

const LOCATIONS = ['local', 'aws-eu-west-1'];
const ID = '019db7a2-9210-79e5-8000-0123456789ab';
const addresses = new Addresses(() => ({ domain: 'db.example.org', port: 8080 }));

const word = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?$/);

test('an instance is found again by its own address, and a database by its own', () => {
  fc.assert(
    fc.property(word, word, fc.constantFrom(...LOCATIONS), (name, slug, location) => {
      const label = databaseLabel(name, slug);
      fc.pre(labelProblem(label, LOCATIONS) === undefined);
      const ofDatabase = addresses.labelOfHost(addresses.databaseHostname(label));
      const ofInstance = addresses.labelOfHost(addresses.instanceHostname({ location, label, databaseId: ID }));
      expect(readLabel(ofDatabase ?? '', LOCATIONS)).toEqual([{ kind: 'database', label }]);
      expect([
        { kind: 'instance', location, label },
        { kind: 'instance', location, databaseId: ID },
      ]).toContainEqual(readLabel(ofInstance ?? '', LOCATIONS).at(-1));
      expect(ofInstance?.length).toBeLessThanOrEqual(LABEL_MAX_OCTETS);
    }),
  );
});

test('a label that DNS cannot carry is a problem, and one that fits is none', () => {
  expect(labelProblem('a'.repeat(63), LOCATIONS)).toBeUndefined();
  expect(labelProblem('a'.repeat(64), LOCATIONS)).toContain('63');
});

test.each(['local--shop-ada', '-shop-ada', 'xn--shop-ada'])('%s is kept from databases', (label) => {
  expect(labelProblem(label, LOCATIONS)).toBeTypeOf('string');
});

test.each([
  ['Shop-Ada.DB.example.org:8080', 'shop-ada'],
  ['shop-ada.db.example.org.', 'shop-ada'],
  ['db.example.org', undefined],
  ['a.b.db.example.org', undefined],
  ['shop-ada.example.org', undefined],
  ['', undefined],
])('host %s has the label %s', (host, label) => {
  expect(addresses.labelOfHost(host)).toBe(label);
});

test('the port is part of a hostname unless it is that of https', () => {
  const base = { domain: 'localhost', port: 8080 };
  const late = new Addresses(() => base);
  expect(late.databaseHostname('shop-ada')).toBe('shop-ada.localhost:8080');
  base.port = 443;
  expect(late.databaseHostname('shop-ada')).toBe('shop-ada.localhost');
});
