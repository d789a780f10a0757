import path from 'node:path';

import { expect, test } from 'vitest';

import { UsageError } from '../errors.ts';
import { resolveOptions } from './resolve.ts';
import { toServerConfig } from './server-config.ts';
import { flagOf, variableOf } from './table.ts';

test('without flags and variables every option has its default', () => {
  const config = toServerConfig(resolveOptions({}, {}));
  expect(config.dataDir).toBe(path.resolve('data'));
  expect({ ...config, dataDir: './data', hosts: { ...config.hosts, count: 'cores' } }).toMatchInlineSnapshot(`
    {
      "backup": undefined,
      "clientLocations": [],
      "dataDir": "./data",
      "deletedRetentionMs": 432000000,
      "domain": "localhost",
      "dumpSources": [],
      "hosts": {
        "count": "cores",
        "latencyMs": {},
        "logRetention": {
          "maxAgeMs": 864000000,
          "maxBytes": 1000000000,
        },
        "maxOpenDatabases": 2000,
        "maxResponseBytes": 10000000,
        "maxRowBytes": 10000000,
        "maxStreamsPerDatabase": 128,
        "maxUploadBytes": 20000000000,
        "statementMs": 30000,
        "streamIdleMs": 10000,
        "synchronous": "full",
        "tellsCommits": false,
        "transactionMs": 5000,
      },
      "listen": {
        "host": "127.0.0.1",
        "port": 8080,
      },
      "locations": Map {
        "local" => "This machine",
        "aws-ap-northeast-1" => "AWS AP NorthEast (Tokyo)",
        "aws-ap-south-1" => "AWS AP South (Mumbai)",
        "aws-eu-west-1" => "AWS EU West (Ireland)",
        "aws-us-east-1" => "AWS US East (Virginia)",
        "aws-us-east-2" => "AWS US East (Ohio)",
        "aws-us-west-2" => "AWS US West (Oregon)",
      },
      "log": {
        "format": "pretty",
        "level": "info",
      },
      "metrics": "loopback",
      "network": {
        "tls": undefined,
        "trustedProxies": [],
      },
      "owner": "skerry",
      "shutdownMs": 10000,
      "signIn": {
        "oidc": null,
        "sessionMs": 1209600000,
        "signUp": "closed",
      },
      "sqld": undefined,
      "storeUrl": undefined,
      "telemetry": false,
    }
  `);
  expect(config.hosts.count).toBeGreaterThanOrEqual(1);
});

test('a flag wins over its variable, the variable over the default', () => {
  const environment = { SKERRY_STREAM_IDLE: '20s', SKERRY_OWNER: 'env' };
  const values = resolveOptions({ streamIdle: '30s' }, environment);
  expect(values.streamIdle).toBe(30_000);
  expect(values.owner).toBe('env');
});

test('an empty variable counts as not set', () => {
  expect(resolveOptions({}, { SKERRY_OWNER: '' }).owner).toBe('skerry');
});

test('locations given replace the default ones, the first stays first', () => {
  const { locations } = toServerConfig(resolveOptions({}, { SKERRY_LOCATION: 'fra=Frankfurt;ams=Amsterdam, NL' }));
  expect([...locations]).toEqual([
    ['fra', 'Frankfurt'],
    ['ams', 'Amsterdam, NL'],
  ]);
});

test('a location given twice is refused', () => {
  const values = resolveOptions({ location: ['fra=a', 'fra=b'] }, {});
  expect(() => toServerConfig(values)).toThrow(new UsageError('--location is given twice with the same code.'));
});

test('a latency of a location that there is not is refused', () => {
  const values = resolveOptions({ latency: 'nowhere=80ms' }, {});
  expect(() => toServerConfig(values)).toThrow('--latency names nowhere, which is no --location.');
});

test('bottomless replication is what sqld’s own variables say, finer than its default, and nothing without credentials', () => {
  const values = resolveOptions({ engine: 'sqld', sqldBottomless: 'on' }, {});
  expect(() => toServerConfig(values)).toThrow(/needs LIBSQL_BOTTOMLESS_AWS_ACCESS_KEY_ID/);
  const keys = { LIBSQL_BOTTOMLESS_AWS_ACCESS_KEY_ID: 'key', LIBSQL_BOTTOMLESS_AWS_SECRET_ACCESS_KEY: 'secret' };
  const config = toServerConfig(values, { ...keys, LIBSQL_BOTTOMLESS_BUCKET: 'past', PATH: '/bin' });
  expect(config.sqld?.local?.bottomless).toEqual({
    environment: {
      ...keys,
      LIBSQL_BOTTOMLESS_AWS_DEFAULT_REGION: 'us-east-1',
      LIBSQL_BOTTOMLESS_BATCH_INTERVAL_SECS: '1',
      LIBSQL_BOTTOMLESS_BUCKET: 'past',
      LIBSQL_BOTTOMLESS_DATABASE_ID: 'skerry',
    },
    history: {
      databaseId: 'skerry',
      bucket: 'past',
      endpoint: undefined,
      region: 'us-east-1',
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    },
  });
});

test('bottomless replication is refused where no sqld is started', () => {
  const refusal = /^--sqld-bottomless is for servers that --engine sqld starts/;
  expect(() => toServerConfig(resolveOptions({ sqldBottomless: 'on' }, {}))).toThrow(refusal);
  const fleets = resolveOptions({ engine: 'sqld', sqldFleets: 'fleets.json', sqldBottomless: 'on' }, {});
  expect(() => toServerConfig(fleets)).toThrow(refusal);
});

test('a bad value is refused with the name of the flag or of the variable it came from', () => {
  expect(() => resolveOptions({ maxRow: 'big' }, {})).toThrow(/^--max-row "big": expected a size/);
  expect(() => resolveOptions({}, { SKERRY_MAX_ROW: 'big' })).toThrow(/^SKERRY_MAX_ROW "big": expected a size/);
});

test('a bad URL of a store is refused without repeating it: it holds a password', () => {
  expect(() => resolveOptions({}, { SKERRY_STORE: 'mysql://root:hunter2@db/skerry' })).toThrow(
    /^SKERRY_STORE: expected file, or postgres:/,
  );
  expect(() => resolveOptions({ store: 'hunter2' }, {})).toThrow(/^(?!.*hunter2)/);
});

test('a store is a file unless a URL is given', () => {
  const url = 'postgres://skerry:secret@db.example.org:5433/skerry?sslmode=require';
  expect(toServerConfig(resolveOptions({}, { SKERRY_STORE: url })).storeUrl).toBe(url);
  expect(toServerConfig(resolveOptions({ store: 'file' }, {})).storeUrl).toBeUndefined();
});

test('a variable that is no option is refused, except what Kubernetes sets for a service of this name', () => {
  expect(() => resolveOptions({}, { SKERRY_PORT: '9000' })).toThrow(/^SKERRY_PORT: no such option/);
  const links = {
    SKERRY_PORT: 'tcp://10.0.0.1:8080',
    SKERRY_SERVICE_HOST: '10.0.0.1',
    SKERRY_PORT_8080_TCP_ADDR: '10.0.0.1',
  };
  expect(resolveOptions({}, links).owner).toBe('skerry');
});

test('names of flag and variable follow from the name in the table', () => {
  expect(flagOf('maxStreamsPerDatabase')).toBe('--max-streams-per-database');
  expect(variableOf('maxStreamsPerDatabase')).toBe('SKERRY_MAX_STREAMS_PER_DATABASE');
});
