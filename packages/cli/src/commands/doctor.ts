/**
 * `skerry doctor`: looks for the usual causes when something does not work, in the order in which they matter.
 *
 * @module
 */
import { validateApiToken } from '@skerry/contract/operations/api-tokens';
import { listDatabases } from '@skerry/contract/operations/databases';

import { Api } from '../api/api.ts';
import { type Connection, findConnection, findUrl } from '../api/connection.ts';
import { keptFiles } from '../certs/keep.ts';
import type { Command } from '../command.ts';
import { failed, type Finding, type Found, hint, ok } from '../doctor/finding.ts';
import { certificateOf, diskOf, namesOf, portOf, storeOf } from '../doctor/machine.ts';
import { EXIT_CODES, UsageError } from '../errors.ts';
import { CLIENT_FLAGS } from '../options/client.ts';
import { type Environment, type GivenFlags, resolveOptions } from '../options/resolve.ts';
import { variableOf } from '../options/table.ts';
import { isLoopback, resolvesBelow } from '../start/network.ts';
import { serverFlags } from './start.ts';

/** What of the server's options says where to look. */
const MACHINE_OPTIONS = ['dataDir', 'store', 'listen', 'domain', 'tls', 'tlsCert'] as const;

/** Of the difference between the clocks of this machine and the server, in milliseconds. */
const CLOCK_HINT_MS = 5000;
const CLOCK_FAILED_MS = 60_000;

const MARKS = { ok: 'ok  ', hint: 'hint', failed: 'FAIL' } as const;

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Look for the usual causes when something does not work.',
  arguments: [],
  flags: [...serverFlags(MACHINE_OPTIONS), ...CLIENT_FLAGS],
  notes:
    'Looks at this machine too when the server is, or shall be, on it; name its options as for "skerry start".\n' +
    'The exit code is 1 when a check failed.',
  async run({ flags }, terminal) {
    const { environment } = terminal;
    const findings = await examine(async () => await findConnection(flags, environment));
    const url = new URL(await findUrl(flags, environment));
    if (isLoopback(hostOf(url))) {
      findings.push(...(await examineMachine(flags, environment, { url, isUp: isUp(findings) })));
    }
    terminal.out(
      flags['json'] === true
        ? `${JSON.stringify(findings, undefined, 2)}\n`
        : findings.map(({ check, result, detail }) => `${MARKS[result]}  ${check}: ${detail}\n`).join(''),
    );
    return findings.some(({ result }) => result === 'failed') ? EXIT_CODES.failure : EXIT_CODES.ok;
  },
};

/** Stops at the first failure: what comes after would fail for the same reason. */
async function examine(connect: () => Promise<Connection>): Promise<Finding[]> {
  const findings: Finding[] = [];
  const check = async (name: string, look: () => Promise<Found>): Promise<boolean> => {
    const finding = await look().catch((error: unknown) => ({ result: 'failed', detail: detailOf(error) }) as const);
    findings.push({ check: name, ...finding });
    return finding.result !== 'failed';
  };
  let connection: Connection | undefined;
  const found = await check('token', async () => {
    connection = await connect();
    return { result: 'ok', detail: `found in ${connection.tokenSource}` };
  });
  if (!found || connection === undefined) {
    return findings;
  }
  const { url } = connection;
  const api = new Api(connection);
  if (
    !(await check('server', async () => await health(url))) ||
    !(await check('clock', async () => await clock(url))) ||
    !(await check('access', async () => await access(api)))
  ) {
    return findings;
  }
  await check('addresses', async () => await addresses(api));
  return findings;
}

/** An address of IPv6 without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function isUp(findings: readonly Finding[]): boolean {
  return findings.some(({ check, result }) => check === 'server' && result === 'ok');
}

async function examineMachine(
  flags: GivenFlags,
  environment: Environment,
  server: { readonly url: URL; readonly isUp: boolean },
): Promise<Finding[]> {
  const { dataDir, store, domain, tls, tlsCert, ...options } = resolveOptions(flags, environment);
  const serverPort = Number(server.url.port || (server.url.protocol === 'https:' ? 443 : 80));
  // Unless another one is named, the port that matters is that of the server that is looked for.
  const isNamed = [flags['listen'], environment[variableOf('listen')]].some((given) => (given ?? '') !== '');
  const listen = isNamed ? options.listen : { host: hostOf(server.url), port: serverPort };
  const certificate = tls === 'local' ? keptFiles(dataDir).certificate : tlsCert;
  const found: Record<string, Found> = {
    port: await portOf(listen, server.isUp && listen.port === serverPort),
    names: await namesOf(domain),
    disk: await diskOf(dataDir),
    ...(certificate === undefined ? {} : { certificate: await certificateOf(certificate, domain, Date.now()) }),
    store: await storeOf(store === 'file' ? undefined : store, dataDir),
  };
  return Object.entries(found).map(([check, { result, detail }]) => ({ check, result, detail }));
}

async function health(url: string): Promise<Found> {
  const response = await fetch(`${url}/health`).catch(() => undefined);
  if (response === undefined) {
    return failed(`nothing answers at ${url}; start it with "skerry start", or name it with --url`);
  }
  return response.ok
    ? ok(`${url} is ready`)
    : failed(`${url} answers, but is not ready (status ${response.status}); its log says why`);
}

/** Tokens have a time in them, so the two clocks must agree. */
async function clock(url: string): Promise<Found> {
  const response = await fetch(`${url}/health`);
  const told = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(told)) {
    return hint(`${url} does not tell its time`);
  }
  // The header is cut to a second.
  const offMs = Math.max(0, Math.abs(Date.now() - told) - 1000);
  const off = `this machine's clock and the server's differ by ${Math.round(offMs / 1000)} s`;
  const remedy = 'set both by NTP, or tokens will expire too early or too late';
  if (offMs >= CLOCK_FAILED_MS) {
    return failed(`${off}; ${remedy}`);
  }
  return offMs >= CLOCK_HINT_MS ? hint(`${off}; ${remedy}`) : ok(off);
}

async function access(api: Api): Promise<Found> {
  const { exp } = await api.call(validateApiToken, { params: {} });
  const until = exp === -1 ? 'without end' : `until ${new Date(exp * 1000).toISOString()}`;
  return { result: 'ok', detail: `the token opens organization ${await api.organization()}, ${until}` };
}

/** Whether the host names that the API gives out can be dialled from here. */
async function addresses(api: Api): Promise<Found> {
  const organizationSlug = await api.organization();
  const { databases } = await api.call(listDatabases, { params: { organizationSlug } });
  const [first] = databases;
  if (first === undefined) {
    return { result: 'ok', detail: 'no databases yet; make one with "skerry db create <database>"' };
  }
  const domain = first.Hostname.replace(/:\d+$/, '').split('.').slice(1).join('.');
  return (await resolvesBelow(domain))
    ? { result: 'ok', detail: `names below ${domain} resolve` }
    : {
        result: 'hint',
        detail:
          `names below ${domain} do not resolve on this machine; ` +
          `use paths: ${api.connection.url}/db/${organizationSlug}/${first.Name}`,
      };
}

function detailOf(error: unknown): string {
  if (error instanceof UsageError) {
    return `${error.message} ${error.nextStep}`;
  }
  return error instanceof Error ? error.message : String(error);
}
