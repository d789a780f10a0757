import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { expect, test } from 'vitest';

import type { DirectoryEntry } from '../platform/directory.ts';
import type { TokenScope } from './claims.ts';
import { createTokenVerifier, mintToken } from './database-tokens.ts';
import { signJwt } from './jwt.ts';
import { newSigningKey, privateKeyOf, publicKeyOf, type StoredKey } from './signing-keys.ts';

const NOW_MS = Date.UTC(2026, 5, 1, 12);
const databaseKey = newSigningKey();
const groupKey = newSigningKey();
const others = { name: 'other', databaseId: 'db-2' };

function entryWith(changes: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return {
    databaseId: 'db-1',
    databaseName: 'shop',
    organizationSlug: 'ada',
    groupId: 'group-1',
    instances: [],
    settings: {
      blockReads: false,
      blockWrites: false,
      sizeLimitBytes: null,
      allowAttach: false,
      offSite: false,
      awaitingUpload: false,
      syncProtocol: 'v2',
    },
    databaseKey: { id: databaseKey.id, publicKey: publicKeyOf(databaseKey) },
    groupKey: { id: groupKey.id, publicKey: publicKeyOf(groupKey) },
    groupTokensRefusedUntilMs: 0,
    keySetUrls: [],
    allowedIps: [],
    attachable: [others],
    ...changes,
  };
}

const entry = entryWith();
const forDatabase: TokenScope = { subject: { databaseId: 'db-1' }, level: 'full', grants: [], attach: [] };
const forGroup: TokenScope = { subject: { groupId: 'group-1' }, level: 'full', grants: [], attach: [] };

function mint(scope: TokenScope, key: StoredKey, times: { issuedAtMs?: number; expiresAtMs?: number } = {}): string {
  return mintToken({
    scope,
    issuedAtMs: times.issuedAtMs ?? NOW_MS,
    expiresAtMs: times.expiresAtMs ?? null,
    keyId: key.id,
    privateKey: privateKeyOf(key),
  });
}

function withClaims(claims: Record<string, unknown>, key: StoredKey = databaseKey): string {
  return signJwt(claims, key.id, privateKeyOf(key));
}

function verify(jwt: string, against: DirectoryEntry = entry, nowMs = NOW_MS) {
  return createTokenVerifier({ now: () => nowMs }).verify(against, jwt);
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const FULL = { level: 'full', grants: [], attach: [], expiresAtMs: null };
const INVALID = { failure: 'AUTH_JWT_INVALID', message: 'The JWT is invalid' };
const NOT_THIS = { failure: 'NAMESPACE_NOT_FOUND', message: "Namespace `shop` doesn't exist" };

test.each([
  ['full access to a database', forDatabase, databaseKey, FULL],
  ['full access to a group', forGroup, groupKey, FULL],
  ['reading a database', { ...forDatabase, level: 'read' }, databaseKey, { ...FULL, level: 'read' }],
  ['reading a group', { ...forGroup, level: 'read' }, groupKey, { ...FULL, level: 'read' }],
  ['attaching another database', { ...forDatabase, attach: ['db-2'] }, databaseKey, { ...FULL, attach: [others] }],
  [
    'reading and attaching',
    { ...forGroup, level: 'read', attach: ['db-2', 'db-3'] },
    groupKey,
    { ...FULL, level: 'read', attach: [others] },
  ],
  [
    'actions on tables',
    { ...forDatabase, level: 'grants', grants: [{ tables: ['t'], actions: ['data_read'] }] },
    databaseKey,
    { ...FULL, level: 'grants', grants: [{ tables: ['t'], actions: ['data_read'] }] },
  ],
  [
    'actions on all tables of a group, and attaching',
    { ...forGroup, level: 'grants', grants: [{ tables: null, actions: ['data_add'] }], attach: ['db-2'] },
    groupKey,
    { ...FULL, level: 'grants', grants: [{ tables: null, actions: ['data_add'] }], attach: [others] },
  ],
] as const)('a minted token gives what it was minted for: %s', (_, scope, key, rights) => {
  expect(verify(mint(scope, key))).toEqual(rights);
});

test.each([
  ['rw for this database', { id: 'db-1', a: 'rw' }, FULL],
  ['ro for this database', { id: 'db-1', a: 'ro' }, { ...FULL, level: 'read' }],
  ['roa for this database', { id: 'db-1', a: 'roa' }, { ...FULL, level: 'read' }],
  ['rw by namespace', { p: { rw: { ns: ['db-1'] } } }, FULL],
  ['rwa by namespace', { p: { rwa: { ns: ['db-1'] } } }, FULL],
  ['ddl by namespace', { p: { ddl: { ns: ['db-1'] } } }, FULL],
  ['ro by tag', { p: { ro: { tags: ['group-1'] } } }, { ...FULL, level: 'read' }],
  ['attach by tag', { p: { rw: { ns: ['db-1'] }, roa: { tags: ['group-1'] } } }, { ...FULL, attach: [others] }],
  ['p wins over a', { id: 'db-1', a: 'rw', p: { ro: { ns: ['db-1'] } } }, { ...FULL, level: 'read' }],
])('claims as sqld writes them are understood: %s', (_, claims, rights) => {
  expect(verify(withClaims(claims))).toEqual(rights);
});

test.each([
  ['no claim at all', {}, NOT_THIS],
  ['only times', { iat: 1 }, NOT_THIS],
  ['a database but no right', { id: 'db-1' }, NOT_THIS],
  ['a right but no database', { a: 'rw' }, NOT_THIS],
  ['another database', { id: 'db-2', a: 'rw' }, NOT_THIS],
  ['another group', { gid: 'group-2', a: 'rw' }, NOT_THIS],
  ['this database in another group', { id: 'db-1', gid: 'group-2', a: 'rw' }, NOT_THIS],
  ['an empty p, whatever a says', { id: 'db-1', a: 'rw', p: {} }, NOT_THIS],
  ['p for others only', { p: { rw: { ns: ['db-2'] } } }, NOT_THIS],
  ['grants without a subject', { grants: [{ t: null, a: ['data_read'] }] }, NOT_THIS],
  ['an unknown claim', { id: 'db-1', a: 'rw', only_tables: ['t'] }, INVALID],
  ['an unknown level', { id: 'db-1', a: 'admin' }, INVALID],
  ['an unknown action', { id: 'db-1', grants: [{ t: null, a: ['data_everything'] }] }, INVALID],
  ['an unknown part of p', { p: { rw: { ns: ['db-1'] }, all: {} } }, INVALID],
  ['an id that is no text', { id: ['db-1'], a: 'rw' }, INVALID],
])('what is not said is not allowed: %s', (_, claims, answer) => {
  expect(verify(withClaims(claims))).toEqual(answer);
});

test('grants never widen to the level that stands beside them', () => {
  const claims = { id: 'db-1', a: 'rw', grants: [{ t: ['t'], a: ['data_read'] }] };
  expect(verify(withClaims(claims))).toMatchObject({ level: 'grants' });
});

test.each([
  ['nothing', ''],
  ['words', 'not a token'],
  ['two parts', 'a.b'],
  ['five parts', 'a.b.c.d.e'],
  ['no signature', mint(forDatabase, databaseKey).replace(/[^.]+$/, '')],
  ['another key', mint(forDatabase, newSigningKey())],
  ['the id of our key on the signature of another', signJwt({ id: 'db-1', a: 'rw' }, databaseKey.id, strangersKey())],
  ['algorithm none', `${part({ alg: 'none', kid: databaseKey.id })}.${part({ id: 'db-1', a: 'rw' })}.`],
  ['an extension that must be understood', withHeader({ alg: 'EdDSA', kid: databaseKey.id, crit: ['x'], x: 1 })],
  ['a key id that is no text', withHeader({ alg: 'EdDSA', kid: 7 })],
])('a token that we did not sign is refused: %s', (_, jwt) => {
  expect(verify(jwt)).toEqual(INVALID);
});

test('a changed claim breaks the signature', () => {
  const [header, , signature] = mint({ ...forDatabase, level: 'read' }, databaseKey).split('.');
  expect(verify(`${header}.${part({ id: 'db-1', a: 'rw' })}.${signature}`)).toEqual(INVALID);
});

test('a token without a key id is tried with both keys', () => {
  expect(verify(withHeader({ alg: 'EdDSA' }))).toEqual(FULL);
});

test('a token expires exactly at its time, also after it was used', () => {
  let nowMs = NOW_MS;
  const verifier = createTokenVerifier({ now: () => nowMs });
  const jwt = mint(forDatabase, databaseKey, { expiresAtMs: NOW_MS + 3000 });
  expect(verifier.verify(entry, jwt)).toEqual({ ...FULL, expiresAtMs: NOW_MS + 3000 });
  nowMs += 2999;
  expect(verifier.verify(entry, jwt)).toEqual({ ...FULL, expiresAtMs: NOW_MS + 3000 });
  nowMs += 1;
  expect(verifier.verify(entry, jwt)).toEqual({ failure: 'AUTH_JWT_EXPIRED', message: 'The JWT has expired' });
});

test('a token that is not valid yet says so', () => {
  expect(verify(withClaims({ id: 'db-1', a: 'rw', nbf: NOW_MS / 1000 + 1 }))).toMatchObject({
    failure: 'AUTH_JWT_IMMATURE',
  });
});

test('a replaced key ends tokens at once, also those that were verified before', () => {
  const verifier = createTokenVerifier({ now: () => NOW_MS });
  const jwt = mint(forDatabase, databaseKey);
  expect(verifier.verify(entry, jwt)).toEqual(FULL);
  const rotated = newSigningKey();
  const after = entryWith({ databaseKey: { id: rotated.id, publicKey: publicKeyOf(rotated) } });
  expect(verifier.verify(after, jwt)).toEqual(INVALID);
  expect(verifier.verify(after, mint(forDatabase, rotated))).toEqual(FULL);
});

test('group tokens up to a refusal no longer open the database, later ones and its own do', () => {
  const after = entryWith({ groupTokensRefusedUntilMs: NOW_MS });
  expect(verify(mint(forGroup, groupKey, { issuedAtMs: NOW_MS }), after)).toEqual(INVALID);
  expect(verify(withClaims({ gid: 'group-1', a: 'rw' }, groupKey), after)).toEqual(INVALID);
  expect(verify(mint(forGroup, groupKey, { issuedAtMs: NOW_MS + 1 }), after)).toEqual(FULL);
  expect(verify(mint(forDatabase, databaseKey, { issuedAtMs: NOW_MS }), after)).toEqual(FULL);
});

test('a verified group token is judged anew for every database', () => {
  const verifier = createTokenVerifier({ now: () => NOW_MS });
  const jwt = mint({ ...forGroup, attach: ['db-2'] }, groupKey);
  expect(verifier.verify(entry, jwt)).toMatchObject({ attach: [others] });
  expect(verifier.verify(entryWith({ databaseId: 'db-2', attachable: [] }), jwt)).toMatchObject({ attach: [] });
  expect(verifier.verify(entryWith({ groupId: 'group-2' }), jwt)).toEqual(NOT_THIS);
});

function strangersKey(): KeyObject {
  return createPrivateKey(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));
}

function withHeader(header: Record<string, unknown>): string {
  const signed = `${part(header)}.${part({ id: 'db-1', a: 'rw' })}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKeyOf(databaseKey)).toString('base64url')}`;
}
