/**
 * Every option of the server, once. The flag, the environment variable, the default, `--help` and docs/options.md all
 * come from this table: `dataDir` is `--data-dir` and `SKERRY_DATA_DIR`.
 *
 * @module
 */
import {
  age,
  addressRange,
  backupTarget,
  choice,
  clientPlace,
  count,
  countOrAuto,
  domain,
  duration,
  durationOrZero,
  endpoint,
  folder,
  httpUrl,
  type Kind,
  latency,
  listenAddress,
  location,
  optionalFile,
  optionalText,
  size,
  slug,
  store,
  text,
} from './kinds.ts';

export interface Option<T> {
  readonly section: 'Where' | 'People' | 'Limits' | 'Running';
  readonly kind: Kind<T>;
  /** As a person would write it; goes through the same parser. Of a repeatable option, one text per value. */
  readonly fallback: string | readonly string[];
  readonly help: string;
  /** What `--help` shows in place of a long default. */
  readonly fallbackHelp?: string;
}

export interface RepeatableOption<T> extends Option<T> {
  readonly repeatable: true;
  readonly fallback: readonly string[];
}

interface SingleOption<T> extends Option<T> {
  readonly fallback: string;
}

function single<T>(option: SingleOption<T>): SingleOption<T> {
  return option;
}

function repeatable<T>(option: Omit<RepeatableOption<T>, 'repeatable'>): RepeatableOption<T> {
  return { ...option, repeatable: true };
}

export const SERVER_OPTIONS = {
  dataDir: single({
    section: 'Where',
    kind: folder,
    fallback: './data',
    help: 'Folder for everything the server keeps: its records, every database, the first API token.',
  }),
  store: single({
    section: 'Where',
    kind: store,
    fallback: 'file',
    fallbackHelp: 'file: control.db in the data folder',
    help: 'Where the records are kept: postgres://user:password@host/database. A secret: better in the variable.',
  }),
  listen: single({
    section: 'Where',
    kind: listenAddress,
    fallback: '127.0.0.1:8080',
    help: 'Address of the Platform API and of all databases. Port 0 takes any free port.',
  }),
  domain: single({
    section: 'Where',
    kind: domain,
    fallback: 'localhost',
    help: 'Databases answer at <database>-<organization>.<domain>.',
  }),
  owner: single({
    section: 'Where',
    kind: slug,
    fallback: 'skerry',
    help: 'Username of the owner made at the first start, and slug of the personal organization.',
  }),
  location: repeatable({
    section: 'Where',
    kind: location,
    fallback: [
      'local=This machine',
      'aws-ap-northeast-1=AWS AP NorthEast (Tokyo)',
      'aws-ap-south-1=AWS AP South (Mumbai)',
      'aws-eu-west-1=AWS EU West (Ireland)',
      'aws-us-east-1=AWS US East (Virginia)',
      'aws-us-east-2=AWS US East (Ohio)',
      'aws-us-west-2=AWS US West (Oregon)',
    ],
    fallbackHelp: "local and Turso's six AWS codes, all on this machine",
    help: 'A location that groups may use; repeat for more. The first is where new groups start.',
  }),

  clientLocation: repeatable({
    section: 'Where',
    kind: clientPlace,
    fallback: [],
    fallbackHelp: 'none: the first location is closest to everybody',
    help: 'The location that is closest to clients of these addresses; repeat for more. The first that fits counts.',
  }),

  signUp: single({
    section: 'People',
    kind: choice('closed', 'oidc', 'open'),
    fallback: 'closed',
    help: 'Who may make an account without being invited: nobody, whom the OpenID Connect server knows, or anybody.',
  }),
  sessionLifetime: single({
    section: 'People',
    kind: duration,
    fallback: '14d',
    help: 'How long people who signed in with a browser stay signed in.',
  }),
  oidcIssuer: single({
    section: 'People',
    kind: optionalText,
    fallback: '',
    fallbackHelp: 'none',
    help: 'URL of an OpenID Connect server at which people may sign in; register ADDRESS/auth/oidc/callback there.',
  }),
  oidcClientId: single({
    section: 'People',
    kind: optionalText,
    fallback: '',
    fallbackHelp: 'none',
    help: 'Client id that the OpenID Connect server gave.',
  }),
  oidcClientSecret: single({
    section: 'People',
    kind: optionalText,
    fallback: '',
    fallbackHelp: 'none',
    help: 'Its secret; better by the variable, because others on the machine can see flags.',
  }),
  oidcName: single({
    section: 'People',
    kind: text,
    fallback: 'single sign-on',
    help: 'What the page calls the OpenID Connect server.',
  }),
  engine: single({
    section: 'Where',
    kind: choice('embedded', 'sqld'),
    fallback: 'embedded',
    help: 'embedded: this program runs the databases. sqld: libSQL servers do, started here or named by --sqld-fleets.',
  }),
  sqld: single({
    section: 'Where',
    kind: text,
    fallback: 'sqld',
    fallbackHelp: 'sqld on PATH, or SQLD_PATH',
    help: "Path of libSQL's server, for --engine sqld.",
  }),
  sqldBottomless: single({
    section: 'Where',
    kind: choice('off', 'on'),
    fallback: 'off',
    help: 'on: the sqld primary started here keeps the history of its databases in an object store, by its own variables LIBSQL_BOTTOMLESS_*; needed there for a restore to a time.',
  }),
  sqldFleets: single({
    section: 'Where',
    kind: optionalFile,
    fallback: '',
    fallbackHelp: 'none',
    help: 'JSON file that names running sqld servers as locations; see docs/sqld.md.',
  }),

  latency: single({
    section: 'Where',
    kind: latency,
    fallback: 'none',
    help: 'Makes locations seem as far away as this, for trying out: each request to one takes so much longer, and so does a write on a replica there on its way to the primary.',
  }),
  tls: single({
    section: 'Where',
    kind: choice('off', 'local'),
    fallback: 'off',
    help: 'local: TLS with a certificate of its own authority, as "skerry certs" makes it.',
  }),
  tlsCert: single({
    section: 'Where',
    kind: optionalFile,
    fallback: '',
    fallbackHelp: 'none: plain HTTP',
    help: 'PEM file of a certificate for the domain and *.domain, with its chain; read again when it is renewed.',
  }),
  tlsKey: single({
    section: 'Where',
    kind: optionalFile,
    fallback: '',
    fallbackHelp: 'none',
    help: "PEM file of the certificate's key.",
  }),
  trustedProxy: repeatable({
    section: 'Where',
    kind: addressRange,
    fallback: [],
    fallbackHelp: 'none',
    help: 'Address or CIDR range of a proxy whose X-Forwarded-For is believed; repeat for more.',
  }),

  hosts: single({
    section: 'Limits',
    kind: countOrAuto,
    fallback: 'auto',
    fallbackHelp: 'auto: one per core',
    help: 'Processes that run SQL and share the databases.',
  }),
  statementTimeout: single({
    section: 'Limits',
    kind: duration,
    fallback: '30s',
    help: 'A statement that runs longer is ended with an error.',
  }),
  streamIdle: single({
    section: 'Limits',
    kind: duration,
    fallback: '10s',
    help: 'A connection without a request for this long is closed and its transaction rolled back.',
  }),
  transactionTimeout: single({
    section: 'Limits',
    kind: duration,
    fallback: '5s',
    help: 'A write transaction older than this is rolled back when another write waits for it.',
  }),
  maxResponse: single({
    section: 'Limits',
    kind: size,
    fallback: '10MB',
    help: 'Largest answer to one request; larger results are for cursors.',
  }),
  maxRow: single({
    section: 'Limits',
    kind: size,
    fallback: '10MB',
    help: 'Largest value, row or SQL text.',
  }),
  maxUpload: single({
    section: 'Limits',
    kind: size,
    fallback: '20GB',
    help: 'Largest database file that may be uploaded.',
  }),
  dumpSource: repeatable({
    section: 'Limits',
    kind: httpUrl,
    fallback: [],
    fallbackHelp: 'none',
    help: 'A new database may be made of a dump whose URL begins with this, besides those that were uploaded.',
  }),
  maxStreamsPerDatabase: single({
    section: 'Limits',
    kind: count,
    fallback: '128',
    help: 'Connections that may be open on one database.',
  }),
  maxOpenDatabases: single({
    section: 'Limits',
    kind: count,
    fallback: '2000',
    help: 'Idle databases that each host process keeps open; an open one takes some 190 KB and 3 file handles, and about twice that with a backup.',
  }),

  deletedRetention: single({
    section: 'Running',
    kind: durationOrZero,
    fallback: '5d',
    help: 'How long deleted databases and groups can be restored; their files stay until then. 0 keeps nothing.',
  }),
  synchronous: single({
    section: 'Running',
    kind: choice('full', 'normal'),
    fallback: 'full',
    help: 'full: an acknowledged write survives a power cut. normal: faster, the last ones may be lost.',
  }),
  logRetention: single({
    section: 'Running',
    kind: age,
    fallback: '10d',
    help: 'How far back a database can be restored to.',
  }),
  logSize: single({
    section: 'Limits',
    kind: size,
    fallback: '1GB',
    help: 'What one database may keep of its past, compressed; the oldest goes first, also within the retention.',
  }),
  metrics: single({
    section: 'Running',
    kind: choice('loopback', 'token', 'anybody', 'off'),
    fallback: 'loopback',
    help: 'Who may read /metrics: programs on this machine, whoever has the token, anybody, nobody.',
  }),
  metricsToken: single({
    section: 'Running',
    kind: optionalText,
    fallback: '',
    fallbackHelp: 'none',
    help: 'The token for --metrics token, sent as a bearer token; better by the variable.',
  }),
  backup: single({
    section: 'Running',
    kind: backupTarget,
    fallback: 'off',
    help: 'Where everything is backed up to, continuously: s3://bucket/prefix. Credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  }),
  backupEndpoint: single({
    section: 'Running',
    kind: endpoint,
    fallback: 'aws',
    help: "URL of the backup's object store, when it is not AWS.",
  }),
  backupRegion: single({
    section: 'Running',
    kind: text,
    fallback: 'us-east-1',
    help: "Region of the backup's bucket.",
  }),
  backupRetention: single({
    section: 'Running',
    kind: age,
    fallback: '30d',
    help: 'How far back the backup can be restored to.',
  }),
  backupVerify: single({
    section: 'Running',
    kind: age,
    fallback: '24h',
    help: 'How often the backup is restored into temporary files and compared.',
  }),
  backupWindow: single({
    section: 'Running',
    kind: duration,
    fallback: '1s',
    help: 'Commits are gathered for so long and stored together.',
  }),
  logLevel: single({
    section: 'Running',
    kind: choice('debug', 'info', 'warn', 'error', 'silent'),
    fallback: 'info',
    help: 'Least serious event that is logged.',
  }),
  logFormat: single({
    section: 'Running',
    kind: choice('pretty', 'json'),
    fallback: 'pretty',
    help: 'Lines for people, or one JSON object a line for machines.',
  }),
  shutdownTimeout: single({
    section: 'Running',
    kind: duration,
    fallback: '10s',
    help: 'Time that running requests get to finish when the server is told to stop.',
  }),
} as const satisfies Readonly<Record<string, Option<unknown>>>;

export type ServerOptions = typeof SERVER_OPTIONS;

export function flagOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function variableOf(name: string): string {
  return `SKERRY_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export function isRepeatable(option: Option<unknown>): option is RepeatableOption<unknown> {
  return 'repeatable' in option;
}
