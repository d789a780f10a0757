/**
 * From option values to the one value that the server is started with: derived figures, and checks across options.
 *
 * @module
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';

import type { ServerConfig } from '@skerry/server/config';

import { keptFiles } from '../certs/keep.ts';
import { UsageError } from '../errors.ts';
import type { Environment, OptionValues } from './resolve.ts';
import { sqldSettings } from './sqld-settings.ts';
import { flagOf } from './table.ts';

/**
 * @throws UsageError that names the flags which contradict each other
 */
export function toServerConfig(values: OptionValues, environment: Environment = {}): ServerConfig {
  const locations = new Map(values.location.map(({ code, description }) => [code, description]));
  if (locations.size < values.location.length) {
    throw new UsageError(`${flagOf('location')} is given twice with the same code.`);
  }
  const unknown = Object.keys(values.latency).filter((code) => !locations.has(code));
  if (unknown.length > 0) {
    throw new UsageError(`${flagOf('latency')} names ${unknown.join(', ')}, which is no ${flagOf('location')}.`);
  }
  return {
    dataDir: path.resolve(values.dataDir),
    storeUrl: values.store === 'file' ? undefined : values.store,
    listen: values.listen,
    domain: values.domain,
    owner: values.owner,
    signIn: { signUp: values.signUp, sessionMs: values.sessionLifetime, oidc: oidcOf(values) },
    clientLocations: values.clientLocation,
    // With sqld as the engine nothing is embedded.
    locations: values.engine === 'sqld' ? new Map() : locations,
    sqld: sqldSettings(values, environment, locations),
    deletedRetentionMs: values.deletedRetention,
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
      latencyMs: values.latency,
      synchronous: values.synchronous,
      tellsCommits: values.backup !== undefined,
      logRetention: { maxBytes: values.logSize, maxAgeMs: values.logRetention },
    },
    dumpSources: values.dumpSource,
    backup: backupOf(values, environment),
    log: { level: values.logLevel, format: values.logFormat },
    network: { tls: tlsOf(values), trustedProxies: values.trustedProxy },
    metrics: metricsOf(values),
    telemetry: asksForTelemetry(environment),
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

function tlsOf({ tls, tlsCert, tlsKey, dataDir }: OptionValues): ServerConfig['network']['tls'] {
  if (tls === 'local') {
    if (tlsCert !== undefined || tlsKey !== undefined) {
      throw new UsageError(`${flagOf('tls')} local brings a certificate; ${flagOf('tlsCert')} would be another.`);
    }
    const { certificate, key } = keptFiles(dataDir);
    return { certFile: certificate, keyFile: key };
  }
  if (tlsCert === undefined && tlsKey === undefined) {
    return undefined;
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new UsageError(`${flagOf('tlsCert')} and ${flagOf('tlsKey')} are needed together.`);
  }
  return { certFile: path.resolve(tlsCert), keyFile: path.resolve(tlsKey) };
}

function metricsOf({ metrics, metricsToken }: OptionValues): ServerConfig['metrics'] {
  if (metrics !== 'token') {
    return metrics;
  }
  if (metricsToken === '') {
    throw new UsageError(`${flagOf('metrics')} token needs ${flagOf('metricsToken')}.`);
  }
  return { token: metricsToken };
}

function backupOf(values: OptionValues, environment: Environment): ServerConfig['backup'] {
  if (values.backup === undefined) {
    return undefined;
  }
  return {
    target: { ...values.backup, endpoint: values.backupEndpoint, region: values.backupRegion },
    retentionMs: values.backupRetention,
    verifyEveryMs: values.backupVerify,
    windowMs: values.backupWindow,
    environment: awsVariables(environment),
  };
}

/** What AWS's tools read: credentials, profiles, and where those are. */
function awsVariables(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && /^(?:AWS_.*|HOME)$/.test(entry[0]),
    ),
  );
}

/** By the variables of OpenTelemetry's specification, which its SDK then reads itself. */
function asksForTelemetry(environment: Environment): boolean {
  const given = (name: string): string => environment[name] ?? '';
  const isAsked = (['TRACES', 'LOGS'] as const).some((signal) => {
    const exporter = given(`OTEL_${signal}_EXPORTER`);
    const endpoint = given('OTEL_EXPORTER_OTLP_ENDPOINT') + given(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`);
    return exporter !== 'none' && (exporter !== '' || endpoint !== '');
  });
  return isAsked && given('OTEL_SDK_DISABLED').toLowerCase() !== 'true';
}
