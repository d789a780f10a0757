import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { keepCertificate } from './keep.ts';
import { trustSteps } from './trust-steps.ts';

const NOW_MS = Date.parse('2026-06-01T00:00:00Z');
const DAY_MS = 86_400_000;
const DOMAIN = 'db.example.org';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'skerry-certs-'));
});

afterEach(() => {
  rmSync(dataDir, { recursive: true });
});

function contents(): Record<string, string> {
  const folder = path.join(dataDir, 'tls');
  return Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]));
}

function certificate(): X509Certificate {
  return new X509Certificate(contents()['cert.pem'] ?? '');
}

test('the certificate is for the domain, everything directly below it, this machine, and what else was named', async () => {
  await keepCertificate(dataDir, DOMAIN, NOW_MS, { more: ['10.0.0.7', 'FE80:0::1', 'nas.lan'] });
  const made = certificate();
  const names = [DOMAIN, `shop-skerry.${DOMAIN}`, 'localhost', 'nas.lan'];
  expect(names.filter((name) => made.checkHost(name) === undefined)).toEqual([]);
  expect(made.checkHost(`a.b.${DOMAIN}`)).toBeUndefined();
  const addresses = ['127.0.0.1', '::1', '10.0.0.7', 'fe80::1'];
  expect(addresses.filter((address) => made.checkIP(address) === undefined)).toEqual([]);
});

test('nobody else on the machine can read any of the files', async () => {
  await keepCertificate(dataDir, DOMAIN, NOW_MS);
  const folder = path.join(dataDir, 'tls');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const modes = readdirSync(folder).map((file) => [file, statSync(path.join(folder, file)).mode & 0o777]);
  expect(Object.fromEntries(modes)).toEqual({
    'ca-key.pem': 0o600,
    'ca.pem': 0o600,
    'cert.pem': 0o600,
    'key.pem': 0o600,
  });
});

test('what is good stays, with the names that were given once', async () => {
  await keepCertificate(dataDir, DOMAIN, NOW_MS, { more: ['nas.lan', 'fe80::1'] });
  const before = contents();
  const kept = await keepCertificate(dataDir, DOMAIN, NOW_MS + 300 * DAY_MS);
  expect(kept).toMatchObject({ isNewAuthority: false, isNewCertificate: false });
  expect(kept.names).toContain('nas.lan');
  expect(contents()).toEqual(before);
});

test('a certificate that soon ends is renewed by the same authority, with the same key', async () => {
  await keepCertificate(dataDir, DOMAIN, NOW_MS);
  const before = contents();
  const kept = await keepCertificate(dataDir, DOMAIN, NOW_MS + 380 * DAY_MS);
  expect(kept).toMatchObject({ isNewAuthority: false, isNewCertificate: true });
  expect(kept.validTo.getTime()).toBeGreaterThan(NOW_MS + 700 * DAY_MS);
  expect({ ...contents(), 'cert.pem': '' }).toEqual({ ...before, 'cert.pem': '' });
  expect(contents()['cert.pem']).not.toBe(before['cert.pem']);
});

test('a certificate is made anew when asked for, and when its key is gone', async () => {
  await keepCertificate(dataDir, DOMAIN, NOW_MS);
  expect(await keepCertificate(dataDir, DOMAIN, NOW_MS, { renew: true })).toMatchObject({ isNewCertificate: true });
  rmSync(path.join(dataDir, 'tls', 'key.pem'));
  const kept = await keepCertificate(dataDir, DOMAIN, NOW_MS);
  expect(kept).toMatchObject({ isNewAuthority: false, isNewCertificate: true });
});

test('files that hold something else are replaced', async () => {
  await keepCertificate(dataDir, DOMAIN, NOW_MS);
  writeFileSync(path.join(dataDir, 'tls', 'cert.pem'), 'nonsense');
  expect(await keepCertificate(dataDir, DOMAIN, NOW_MS)).toMatchObject({
    isNewAuthority: false,
    isNewCertificate: true,
  });
  writeFileSync(path.join(dataDir, 'tls', 'ca.pem'), 'nonsense');
  expect(await keepCertificate(dataDir, DOMAIN, NOW_MS)).toMatchObject({
    isNewAuthority: true,
    isNewCertificate: true,
  });
});

test('an authority vouches for its own names only, so another domain has another one', async () => {
  const { files } = await keepCertificate(dataDir, DOMAIN, NOW_MS, { more: ['nas.lan'] });
  const before = new X509Certificate(readFileSync(files.authority));
  const kept = await keepCertificate(dataDir, 'other.example', NOW_MS);
  expect(kept.isNewAuthority).toBe(true);
  expect(kept.names).not.toContain('nas.lan');
  expect(certificate().verify(before.publicKey)).toBe(false);
});

test('the way to trust the authority names its file, for each kind of system and program', () => {
  for (const platform of ['linux', 'darwin', 'win32'] as const) {
    const commands = trustSteps('/data/tls/ca.pem', platform)
      .split('\n')
      .filter((line) => line.startsWith('  ') && !line.includes('Firefox'));
    expect(commands.length).toBeGreaterThan(4);
    expect(commands.filter((line) => !line.includes('"/data/tls/ca.pem"'))).toEqual([]);
  }
});
