import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { findConnection, forgetLogin, keepLogin, loginPath } from './connection.ts';

let dir = '';

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'skerry-connection-'));
  await mkdir(path.join(dir, 'data'));
  await writeFile(path.join(dir, 'data', 'api-token'), 'from-data-dir\n');
  await writeFile(path.join(dir, 'token'), 'from-file\n');
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

/** An environment with a configuration folder of its own. */
function environment(name: string, more: Record<string, string> = {}): Record<string, string> {
  return { SKERRY_CONFIG_DIR: path.join(dir, name), SKERRY_DATA_DIR: path.join(dir, 'data'), ...more };
}

test('beside the data folder of a local server nothing needs to be said', async () => {
  expect(await findConnection({}, environment('none'))).toMatchObject({
    url: 'http://127.0.0.1:8080',
    token: 'from-data-dir',
    organization: undefined,
  });
});

test('a flag wins over its variable, the variable over what login kept, that over the data folder', async () => {
  const env = environment('order');
  await keepLogin(env, { url: 'http://kept.example:1', token: 'from-login', organization: 'kept' });
  expect(await findConnection({}, env)).toMatchObject({
    url: 'http://kept.example:1',
    token: 'from-login',
    organization: 'kept',
  });
  const withToken = { ...env, SKERRY_API_TOKEN: 'from-variable', SKERRY_ORG: 'variable' };
  expect(await findConnection({}, withToken)).toMatchObject({ token: 'from-variable', organization: 'variable' });
  const flags = { tokenFile: path.join(dir, 'token'), org: 'flag', url: 'https://flag.example/ignored/path' };
  expect(await findConnection(flags, withToken)).toMatchObject({
    url: 'https://flag.example',
    token: 'from-file',
    organization: 'flag',
  });
});

test('a token kept for one server is not sent to another', async () => {
  const env = environment('other');
  await keepLogin(env, { url: 'http://kept.example:1', token: 'from-login' });
  expect(await findConnection({ url: 'http://other.example' }, env)).toMatchObject({ token: 'from-data-dir' });
});

test('what login keeps is for its owner alone, and logout removes it', async () => {
  const env = environment('mode');
  await keepLogin(env, { url: 'http://a.example', token: 't' });
  expect((await stat(loginPath(env))).mode & 0o777).toBe(0o600);
  await forgetLogin(env);
  await expect(stat(loginPath(env))).rejects.toThrow(/ENOENT/);
});

test.each([
  [{ url: 'nonsense' }, /--url "nonsense": expected an address/],
  [{ url: 'ftp://a.example' }, /expected an address/],
  [{ tokenFile: '/nowhere' }, /--token-file "\/nowhere": there is no such file/],
])('%j is refused', async (flags, message) => {
  await expect(findConnection(flags, environment('none'))).rejects.toThrow(message);
});

test('without any token, all places that were looked at are named', async () => {
  const env = { SKERRY_CONFIG_DIR: path.join(dir, 'none'), SKERRY_DATA_DIR: path.join(dir, 'empty') };
  await expect(findConnection({}, env)).rejects.toThrow(/SKERRY_API_TOKEN.*skerry auth login.*empty\/api-token/);
});
