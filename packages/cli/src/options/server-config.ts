/**
 * From option values to the one value that the server is started with: derived figures, and checks across options.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { ServerConfig } from '@skerry/server/config';

import { UsageError } from '../errors.ts';
import type { OptionValues } from './resolve.ts';
import { flagOf } from './table.ts';

/**
 * @throws UsageError that names the flags which contradict each other
 */
export function toServerConfig(values: OptionValues): ServerConfig {
  const locations = new Map(values.location.map(({ code, description }) => [code, description]));
  if (locations.size < values.location.length) {
    throw new UsageError(`${flagOf('location')} is given twice with the same code.`);
  }
  return {
    dataDir: path.resolve(values.dataDir),
    storeUrl: values.store === 'file' ? undefined : values.store,
    listen: values.listen,
    domain: values.domain,
    owner: values.owner,
    locations,
    signIn: { signUp: values.signUp, sessionMs: values.sessionLifetime, oidc: oidcOf(values) },
    hosts: {
      count: values.hosts === 'auto' ? availableParallelism() : values.hosts,
      statementMs: values.statementTimeout,
      streamIdleMs: values.streamIdle,
      transactionMs: values.transactionTimeout,
      maxResponseBytes: values.maxResponse,
      maxRowBytes: values.maxRow,
      maxUploadBytes: values.maxUpload,
      maxStreamsPerDatabase: values.maxStreamsPerDatabase,
      maxOpenDatabases: values.maxOpenDatabases,
      synchronous: values.synchronous,
    },
    dumpSources: values.dumpSource,
    log: { level: values.logLevel, format: values.logFormat },
    shutdownMs: values.shutdownTimeout,
  };
}

function oidcOf(values: OptionValues): ServerConfig['signIn']['oidc'] {
  const { oidcIssuer: issuer, oidcClientId: clientId, oidcClientSecret: clientSecret, oidcName: name } = values;
  if ([issuer, clientId, clientSecret].every((value) => value === '')) {
    return null;
  }
  if ([issuer, clientId, clientSecret].includes('') || !URL.canParse(issuer)) {
    const flags = ['oidcIssuer', 'oidcClientId', 'oidcClientSecret'].map(flagOf).join(', ');
    throw new UsageError(`${flags} are needed together, the first as a URL.`);
  }
  return { issuer, clientId, clientSecret, name };
}
