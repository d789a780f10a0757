/**
 * What a person reads when the server is up: at the first start how to reach it from each client, later one line.
 *
 * @module
 */
export interface WelcomeFacts {
  readonly version: string;
  /** Of the bare address, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  readonly domain: string;
  readonly owner: string;
  readonly apiTokenPath: string;
  /** In plain text, only at the first start. */
  readonly newApiToken: string | undefined;
  /** Whether names below `domain` resolve on this machine. */
  readonly domainResolves: boolean;
  /** Whether other machines can reach the address without TLS. */
  readonly isOpen: boolean;
  /** The PEM file of the authority that clients have to trust; undefined: plain HTTP, or a certificate of somebody else. */
  readonly authorityPath: string | undefined;
}

export function welcome(facts: WelcomeFacts): string {
  const paragraphs = [
    `Skerry ${facts.version} is ready at ${facts.url}`,
    ...(facts.newApiToken === undefined ? [`API token: ${facts.apiTokenPath}`] : firstSteps(facts, facts.newApiToken)),
    ...(facts.authorityPath === undefined ? [] : [trustHint(facts.authorityPath)]),
    ...(facts.isOpen ? [OPEN_WARNING] : []),
  ];
  const separator = facts.newApiToken === undefined ? '\n' : '\n\n';
  return `${paragraphs.join(separator)}\n`;
}

const OPEN_WARNING =
  'Other machines can reach this address, and tokens cross the network unencrypted.\n' +
  'Give it a certificate (--tls local, or --tls-cert), or put a TLS proxy in front, before it leaves a network you trust.';

function firstSteps(facts: WelcomeFacts, token: string): string[] {
  const { url, owner } = facts;
  const byHost = `${new URL(url).protocol}//<database>-${owner}.${facts.domain}:${facts.port}`;
  const byPath = `${url}/db/${owner}/<database>`;
  const [libsqlUrl, serverlessUrl] = facts.domainResolves ? [byHost, byHost] : [`${byPath}/`, byPath];
  return [
    `Your first API token, shown this once and kept in ${facts.apiTokenPath}:\n  ${token}`,
    `In a browser: open ${url} and sign in with that token.`,
    [
      'Turso CLI',
      `  export TURSO_API_BASEURL=${url}`,
      `  export TURSO_API_TOKEN="$(cat ${shellQuoted(facts.apiTokenPath)})"`,
      '  turso db create my-db',
    ].join('\n'),
    [
      '@tursodatabase/api (the closing slash matters)',
      `  createClient({ org: '${owner}', token, baseUrl: '${url}/v1/' })`,
    ].join('\n'),
    ['@libsql/client', `  createClient({ url: '${libsqlUrl}', authToken })`].join('\n'),
    ['@tursodatabase/serverless', `  connect({ url: '${serverlessUrl}', authToken })`].join('\n'),
    [
      'curl',
      `  curl -H "Authorization: Bearer $(cat ${shellQuoted(facts.apiTokenPath)})" ${url}/v1/organizations/${owner}/databases`,
    ].join('\n'),
    ...(facts.domainResolves ? [] : [unresolvedHint(facts, byPath)]),
  ];
}

function trustHint(authorityPath: string): string {
  return (
    `Clients must trust ${authorityPath}.\n` +
    `Node: export NODE_EXTRA_CA_CERTS=${shellQuoted(authorityPath)}; for others: skerry certs`
  );
}

function unresolvedHint(facts: WelcomeFacts, byPath: string): string {
  const fix =
    facts.domain === 'localhost'
      ? 'browsers and many systems resolve it by themselves, this one does not'
      : `add a wildcard DNS record for *.${facts.domain}`;
  return (
    `Names below "${facts.domain}" do not resolve on this machine (${fix}).\n` +
    `Use the path of a database instead of its host name: ${byPath}`
  );
}

function shellQuoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
