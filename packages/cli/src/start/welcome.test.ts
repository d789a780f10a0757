import { expect, test } from 'vitest';

import { welcome, type WelcomeFacts } from './welcome.ts';

const facts: WelcomeFacts = {
  version: '1.2.3',
  url: 'http://127.0.0.1:8080',
  port: 8080,
  domain: 'localhost',
  owner: 'skerry',
  apiTokenPath: '/srv/data/api-token',
  newApiToken: 'secret-token',
  domainResolves: true,
  isOpen: false,
  authorityPath: undefined,
};

test('the first start tells how to reach the server from each client', () => {
  expect(welcome(facts)).toMatchSnapshot();
});

test('where names below the domain do not resolve, the clients are pointed at paths', () => {
  const text = welcome({ ...facts, domainResolves: false });
  expect(text).toContain("createClient({ url: 'http://127.0.0.1:8080/db/skerry/<database>/', authToken })");
  expect(text).toContain("connect({ url: 'http://127.0.0.1:8080/db/skerry/<database>', authToken })");
  expect(text).toContain('do not resolve on this machine');
  expect(text).not.toContain('skerry.localhost');
});

test('later starts are brief and never print a token', () => {
  expect(welcome({ ...facts, newApiToken: undefined })).toBe(
    'Skerry 1.2.3 is ready at http://127.0.0.1:8080\nAPI token: /srv/data/api-token\n',
  );
});

test('an address that other machines can reach comes with a warning', () => {
  expect(welcome({ ...facts, newApiToken: undefined, isOpen: true })).toContain('unencrypted');
});

test('a path with a space is quoted for the shell', () => {
  expect(welcome({ ...facts, apiTokenPath: "/srv/it's data/api-token" })).toContain(
    String.raw`$(cat '/srv/it'\''s data/api-token')`,
  );
});
