/**
 * From option values to what the server is told of sqld servers.
 *
 * @module
 */
import path from 'node:path';

import type { LocalBottomlessSettings, SqldSettings } from '@skerry/server/config';

import { UsageError } from '../errors.ts';
import type { Environment, OptionValues } from './resolve.ts';
import { flagOf, SERVER_OPTIONS } from './table.ts';

const BOTTOMLESS = 'LIBSQL_BOTTOMLESS_';
/** An interval of 15 s is sqld's own; a restore is as fine as this. */
const BOTTOMLESS_DEFAULTS = {
  [`${BOTTOMLESS}DATABASE_ID`]: 'skerry',
  [`${BOTTOMLESS}BUCKET`]: 'bottomless',
  [`${BOTTOMLESS}AWS_DEFAULT_REGION`]: 'us-east-1',
  [`${BOTTOMLESS}BATCH_INTERVAL_SECS`]: '1',
};

/** Servers that a file names are somebody else's; without a file, `--engine sqld` starts its own. */
export function sqldSettings(
  values: OptionValues,
  environment: Environment,
  locations: ReadonlyMap<string, string>,
): SqldSettings | undefined {
  const fleetsFile = values.sqldFleets === undefined ? undefined : path.resolve(values.sqldFleets);
  const isOwn = values.engine === 'sqld' && fleetsFile === undefined;
  if (values.sqldBottomless === 'on' && !isOwn) {
    throw new UsageError(
      `${flagOf('sqldBottomless')} is for servers that ${flagOf('engine')} sqld starts; others are told of in the fleets file.`,
    );
  }
  if (values.engine === 'embedded') {
    return fleetsFile === undefined ? undefined : { fleetsFile, local: undefined };
  }
  if (fleetsFile !== undefined) {
    return { fleetsFile, local: undefined };
  }
  const isDefault =
    values.location.length === SERVER_OPTIONS.location.fallback.length && locations.has('aws-us-west-2');
  const [first] = locations;
  const own = isDefault && first !== undefined ? new Map([first]) : locations;
  const binary = values.sqld === 'sqld' ? (environment['SQLD_PATH'] ?? values.sqld) : values.sqld;
  const bottomless = values.sqldBottomless === 'on' ? localBottomless(environment) : undefined;
  return { fleetsFile: undefined, local: { binary, bottomless, locations: own } };
}

/** sqld's own variables, with those filled in that it needs and people need not care for. */
function localBottomless(environment: Environment): LocalBottomlessSettings {
  const given = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[0].startsWith(BOTTOMLESS) && (entry[1] ?? '').trim() !== '',
  );
  const variables: Record<string, string> = { ...BOTTOMLESS_DEFAULTS, ...Object.fromEntries(given) };
  const value = (name: string): string => variables[`${BOTTOMLESS}${name}`] ?? '';
  const credentials = {
    accessKeyId: value('AWS_ACCESS_KEY_ID'),
    secretAccessKey: value('AWS_SECRET_ACCESS_KEY'),
  };
  if (credentials.accessKeyId === '' || credentials.secretAccessKey === '') {
    throw new UsageError(
      `${flagOf('sqldBottomless')} on needs ${BOTTOMLESS}AWS_ACCESS_KEY_ID and ${BOTTOMLESS}AWS_SECRET_ACCESS_KEY.`,
    );
  }
  const endpoint = value('ENDPOINT');
  if (endpoint !== '' && !URL.canParse(endpoint)) {
    throw new UsageError(`${BOTTOMLESS}ENDPOINT must be a URL such as https://store.example:9000.`);
  }
  return {
    environment: variables,
    history: {
      databaseId: value('DATABASE_ID'),
      bucket: value('BUCKET'),
      endpoint: endpoint === '' ? undefined : endpoint,
      region: value('AWS_DEFAULT_REGION'),
      credentials,
    },
  };
}
