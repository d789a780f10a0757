/**
 * The certificate that the server keeps for itself, in the folder `tls` of its data: made when it is missing, and again
 * when it would soon end, is for other names, or is not of the authority that lies beside it. What is good stays as it is.
 *
 * The certificate's key outlives it, so a server that reads both while they are replaced never has a pair that is none.
 *
 * @module
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';

import { StartupError } from '@skerry/server/startup-error';

import type { Authority } from './certificates.ts';
import { nameConstraints } from './name-constraints.ts';

const RENEW_BEFORE_MS = 30 * 86_400_000;

export interface KeptFiles {
  readonly authority: string;
  readonly authorityKey: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Kept {
  readonly files: KeptFiles;
  /** Whether it was made now: then it has to be trusted, on every machine, once more. */
  readonly isNewAuthority: boolean;
  readonly isNewCertificate: boolean;
  /** DNS names and addresses that the certificate is for. */
  readonly names: readonly string[];
  readonly validTo: Date;
}

export function keptFiles(dataDir: string): KeptFiles {
  const file = (name: string): string => path.join(path.resolve(dataDir), 'tls', name);
  return {
    authority: file('ca.pem'),
    authorityKey: file('ca-key.pem'),
    certificate: file('cert.pem'),
    key: file('key.pem'),
  };
}

export interface KeepOptions {
  /** DNS names and addresses besides the domain, its wildcard and those of this machine; undefined: as they were. */
  readonly more?: readonly string[] | undefined;
  /** A new certificate is made, although the old one is good. */
  readonly renew?: boolean;
}

/** @throws StartupError when the folder cannot be used */
export async function keepCertificate(
  dataDir: string,
  domain: string,
  nowMs: number,
  options: KeepOptions = {},
): Promise<Kept> {
  try {
    return await keep(dataDir, domain, nowMs, options);
  } catch (error) {
    throw new StartupError(
      'data_dir_unusable',
      `The certificate cannot be kept in ${dataDir}: ${error instanceof Error ? error.message : String(error)}.`,
      'Choose a folder that this user may write with --data-dir, or change its owner.',
      error,
    );
  }
}

async function keep(
  dataDir: string,
  domain: string,
  nowMs: number,
  { more, renew = false }: KeepOptions,
): Promise<Kept> {
  const files = keptFiles(dataDir);
  await mkdir(path.dirname(files.authority), { recursive: true, mode: 0o700 });
  const asked = more ?? (await namesBefore(files.certificate, domain));
  const roots = [...new Set([domain, 'localhost', '127.0.0.1', '::1', ...asked.map(inShort)])];
  const names = roots.flatMap((name) => (name === domain ? [name, `*.${name}`] : [name]));

  let authority = await readAuthority(files, roots, nowMs);
  const isNewAuthority = authority === undefined;
  if (authority === undefined) {
    const { newAuthority } = await import('./certificates.ts');
    authority = await newAuthority(roots, nowMs);
    await writePrivate(files.authorityKey, authority.keyPem);
    await writePrivate(files.authority, authority.certificatePem);
  }
  let certificate = renew ? undefined : await readCertificate(files, authority, names, nowMs);
  const isNewCertificate = certificate === undefined;
  if (certificate === undefined) {
    const { newCertificate, newKey } = await import('./certificates.ts');
    const old = await readKey(files.key);
    const keyPem = old?.pem ?? newKey();
    const pem = await newCertificate(authority, names, keyPem, nowMs);
    if (old === undefined) {
      await writePrivate(files.key, keyPem);
    }
    await writePrivate(files.certificate, pem);
    certificate = new X509Certificate(pem);
  }
  return { files, isNewAuthority, isNewCertificate, names, validTo: certificate.validToDate };
}

/** Of the certificate that is there, if that is for the same domain. */
async function namesBefore(file: string, domain: string): Promise<string[]> {
  const old = await readFile(file)
    .then((pem) => new X509Certificate(pem))
    .catch(() => undefined);
  const names = (old?.subjectAltName?.split(', ') ?? []).map((name) => name.replace(/^(?:DNS|IP Address):/, ''));
  return names.includes(domain) ? names.filter((name) => name !== `*.${domain}`) : [];
}

/** An IPv6 address has many forms. */
function inShort(name: string): string {
  return isIP(name) === 6 ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name.toLowerCase();
}

/** Undefined when there is none, or none that can be used. */
async function readAuthority(
  files: KeptFiles,
  roots: readonly string[],
  nowMs: number,
): Promise<Authority | undefined> {
  const found = await readPair(files.authority, files.authorityKey);
  return found !== undefined &&
    lastsAt(found.certificate, nowMs) &&
    // It vouches for these names and no others.
    found.certificate.raw.includes(nameConstraints(roots))
    ? { certificatePem: found.certificatePem, keyPem: found.keyPem }
    : undefined;
}

async function readCertificate(
  files: KeptFiles,
  authority: Authority,
  names: readonly string[],
  nowMs: number,
): Promise<X509Certificate | undefined> {
  const found = await readPair(files.certificate, files.key);
  const issuer = new X509Certificate(authority.certificatePem);
  return found !== undefined &&
    lastsAt(found.certificate, nowMs) &&
    found.certificate.checkIssued(issuer) &&
    found.certificate.verify(issuer.publicKey) &&
    isFor(found.certificate, names)
    ? found.certificate
    : undefined;
}

async function readPair(certificateFile: string, keyFile: string) {
  const [certificatePem, key] = await Promise.all([
    readFile(certificateFile, 'utf8').catch(() => undefined),
    readKey(keyFile),
  ]);
  if (certificatePem === undefined || key === undefined) {
    return undefined;
  }
  try {
    const certificate = new X509Certificate(certificatePem);
    return certificate.checkPrivateKey(key.object) ? { certificate, certificatePem, keyPem: key.pem } : undefined;
  } catch {
    return undefined;
  }
}

async function readKey(file: string): Promise<{ readonly pem: string; readonly object: KeyObject } | undefined> {
  try {
    const pem = await readFile(file, 'utf8');
    return { pem, object: createPrivateKey(pem) };
  } catch {
    return undefined;
  }
}

function lastsAt(certificate: X509Certificate, nowMs: number): boolean {
  return certificate.validToDate.getTime() - nowMs > RENEW_BEFORE_MS;
}

/** For exactly these. */
function isFor(certificate: X509Certificate, names: readonly string[]): boolean {
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  return (
    alternatives.length === names.length &&
    names.every((name) =>
      isIP(name) === 0 ? alternatives.includes(`DNS:${name}`) : certificate.checkIP(name) !== undefined,
    )
  );
}

/** In one step, so that whoever reads it meanwhile gets the old or the new. */
async function writePrivate(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text, { mode: 0o600 });
  // Where an earlier attempt left it, it has kept its mode.
  await chmod(part, 0o600);
  await rename(part, file);
}
