/**
 * The server's own certificate, read from two files and read again when they change, as a renewal does: connections that
 * are open keep the old one, new ones get the new.
 *
 * @module
 */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:https';

import type { Logger } from 'pino';

import type { TlsSettings } from '../config.ts';
import { StartupError } from '../startup-error.ts';

const LOOK_MS = 30_000;

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** @throws StartupError */
export function readCertificate({ certFile, keyFile }: TlsSettings): Certificate {
  try {
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  } catch (error) {
    throw new StartupError(
      'configuration',
      `The certificate cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'Name the PEM files of the certificate (with its chain) and of its key with --tls-cert and --tls-key.',
      error,
    );
  }
}

/** Answers the way to stop. A renewal that cannot be used is logged, and the old certificate stays. */
export function followCertificate(
  server: Server,
  settings: TlsSettings,
  log: Logger,
  lookMs: number = LOOK_MS,
): () => void {
  const renew = (): void => {
    try {
      server.setSecureContext(readCertificate(settings));
      log.info({ certFile: settings.certFile }, 'the certificate was read again');
    } catch (error) {
      log.error({ err: error }, 'the new certificate cannot be used; the old one stays');
    }
  };
  const files = [settings.certFile, settings.keyFile];
  files.forEach((file) => watchFile(file, { interval: lookMs, persistent: false }, renew));
  return () => files.forEach((file) => unwatchFile(file, renew));
}
