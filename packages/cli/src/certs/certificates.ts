/**
 * Makes a local authority and certificates of it. The keys are on P-256, which every system takes.
 *
 * The authority may vouch for its own names only (RFC 5280 section 4.2.1.10, critical): who trusts it on their machine, and
 * loses its key, has not lost every other site.
 *
 * The library takes its time to load, so this file is imported when a certificate is to be made. It wants the polyfill of
 * decorators' metadata to be there before it.
 *
 * @module
 */
import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type webcrypto,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';

import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

import { nameConstraints } from './name-constraints.ts';

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;
const NAME_CONSTRAINTS = '2.5.29.30';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** Apple's systems refuse a longer life. */
const CERTIFICATE_DAYS = 397;
/** Clocks of other machines go wrong. */
const CLOCK_SKEW_MS = 60 * 60_000;

export interface Authority {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export function newKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: CURVE.namedCurve,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/** @param names DNS names without a star, and addresses */
export async function newAuthority(names: readonly string[], nowMs: number): Promise<Authority> {
  const keyPem = newKey();
  const keys = keysOf(keyPem);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=Skerry local authority for ${names[0] ?? ''}`,
    ...lifeOf(nowMs, AUTHORITY_DAYS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      new Extension(NAME_CONSTRAINTS, true, nameConstraints(names)),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem };
}

/** @param names DNS names and addresses; the first is the subject's */
export async function newCertificate(
  authority: Authority,
  names: readonly string[],
  keyPem: string,
  nowMs: number,
): Promise<string> {
  const signing = keysOf(authority.keyPem);
  const { publicKey } = keysOf(keyPem);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0] ?? ''}`,
    issuer: authorityName(authority),
    ...lifeOf(nowMs, CERTIFICATE_DAYS),
    publicKey,
    signingKey: signing.privateKey,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const), value: name })),
      ),
      await AuthorityKeyIdentifierExtension.create(signing.publicKey),
      await SubjectKeyIdentifierExtension.create(publicKey),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}

/** Its only part, as `newAuthority` wrote it. */
function authorityName({ certificatePem }: Authority): string {
  return new X509Certificate(certificatePem).subject;
}

function keysOf(pem: string): webcrypto.CryptoKeyPair {
  const privateKey = createPrivateKey(pem);
  return {
    privateKey: privateKey.toCryptoKey(CURVE, true, ['sign']),
    publicKey: createPublicKey(pem).toCryptoKey(CURVE, true, ['verify']),
  };
}

function lifeOf(nowMs: number, days: number) {
  return {
    // A first octet below 128 and not 0: a positive number of one length.
    serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + days * DAY_MS),
  };
}
