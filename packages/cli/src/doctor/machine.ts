/**
 * What `skerry doctor` looks at on the machine that runs, or shall run, the server. Nothing is changed, but for a small
 * file in the data folder that is removed at once.
 *
 * @module
 */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile, rm, stat, statfs } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import process from 'node:process';

import { type Listen, portHolder, resolvesBelow } from '../start/network.ts';
import { failed, type Found, hint, ok } from './finding.ts';

const MEGABYTE = 1_000_000;
const LOW_SPACE_BYTES = 2000 * MEGABYTE;
const NO_SPACE_BYTES = 100 * MEGABYTE;
const DAY_MS = 86_400_000;
/** Certificates of Let's Encrypt are renewed 30 days before their end: nothing renews one that gets closer than this. */
const RENEWAL_DAYS = 14;
const CONNECT_MS = 5000;

/** @param isServerThere whether the server that was looked for answers on this very port */
export async function portOf(listen: Listen, isServerThere: boolean): Promise<Found> {
  const { host, port } = listen;
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
    return ok(`${host}:${port} is free`);
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'EADDRINUSE') {
      return failed(`${host}:${port} cannot be listened on (${code}); choose another with --listen`);
    }
    if (isServerThere) {
      return ok(`${host}:${port} is where the server answers`);
    }
    const holder = (await portHolder(listen)) ?? 'a program that this user cannot see';
    return failed(`${host}:${port} is held by ${holder}; stop it, or choose another with --listen ${host}:${port + 1}`);
  } finally {
    probe.close();
  }
}

/** Whether the names that the API gives out can be dialled from here. */
export async function namesOf(domain: string): Promise<Found> {
  return (await resolvesBelow(domain))
    ? ok(`names below ${domain} resolve`)
    : hint(`names below ${domain} do not resolve on this machine; use paths: http://…/db/<organization>/<database>`);
}

/** Room, and whether a file can be written there and reach the disk. */
export async function diskOf(dataDir: string): Promise<Found> {
  const folder = await nearestFolder(path.resolve(dataDir));
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  const free = `${Math.floor(freeBytes / MEGABYTE)} MB free at ${folder}`;
  const file = path.join(folder, `.skerry-doctor-${process.pid}`);
  try {
    await using handle = await open(file, 'wx');
    await handle.writeFile('probe');
    await handle.sync();
  } catch (error) {
    return failed(
      `nothing can be written to ${folder} (${codeOf(error)}); give this user the right, or name --data-dir`,
    );
  } finally {
    await rm(file, { force: true });
  }
  if (freeBytes < NO_SPACE_BYTES) {
    return failed(`${free}; make room, or name another disk with --data-dir`);
  }
  return freeBytes < LOW_SPACE_BYTES ? hint(`${free}; make room before writes fail`) : ok(`${free}, writes reach it`);
}

/** @param now milliseconds since 1970 */
export async function certificateOf(file: string, domain: string, now: number): Promise<Found> {
  const pem = await readFile(file).catch(() => undefined);
  if (pem === undefined) {
    return failed(`${file} cannot be read; name the certificate with --tls-cert`);
  }
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return failed(`${file} holds no certificate in PEM form`);
  }
  const days = Math.floor((Date.parse(certificate.validTo) - now) / DAY_MS);
  if (days < 0) {
    return failed(`${file} expired on ${certificate.validTo}; renew it: the server reads it again by itself`);
  }
  if (!domain.includes('.') && certificate.checkHost(domain) !== undefined) {
    return hint(
      `${file} is for ${domain}; most clients refuse wildcards directly below it: use paths, or a domain of two parts, ` +
        `such as --domain skerry.${domain}`,
    );
  }
  if (certificate.checkHost(`database-organization.${domain}`) === undefined) {
    return failed(`${file} is not for *.${domain}; get one for ${domain} and *.${domain}, or make one: "skerry certs"`);
  }
  const until = `${file} is valid until ${certificate.validTo}`;
  return days < RENEWAL_DAYS ? hint(`${until}, ${days} days; renew it now`) : ok(until);
}

/** @param url `postgres://…`; undefined for the file in the data folder */
export async function storeOf(url: string | undefined, dataDir: string): Promise<Found> {
  if (url === undefined) {
    const file = path.join(path.resolve(dataDir), 'control.db');
    const header = await readHeader(file).catch((error: unknown) => codeOf(error));
    if (header === 'ENOENT') {
      return ok(`${file} is made at the first start`);
    }
    return header.startsWith('SQLite format 3')
      ? ok(`${file} is there`)
      : failed(`${file} is no database that can be read (${header}); restore it: "skerry restore"`);
  }
  // The user and the password in it are not shown.
  const { hostname, port } = new URL(url.replace('@/', '@localhost/'));
  const place = `${hostname}:${port === '' ? '5432' : port}`;
  const socket = connect({ host: hostname, port: port === '' ? 5432 : Number(port), timeout: CONNECT_MS });
  try {
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'timeout').then(() => {
        throw Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
      }),
    ]);
    return ok(`PostgreSQL's ${place} takes connections`);
  } catch (error) {
    return failed(`${place} takes no connection (${codeOf(error)}); start PostgreSQL there, or correct --store`);
  } finally {
    socket.destroy();
  }
}

async function readHeader(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

/** The folder itself or, while it is not made yet, the closest above it. */
async function nearestFolder(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isThere || path.dirname(folder) === folder ? folder : await nearestFolder(path.dirname(folder));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
