/**
 * `skerry doctor`: looks for the usual causes when something does not work, in the order in which they matter.
 *
 * @module
 */
import { validateApiToken } from '@skerry/contract/operations/api-tokens';
import { listDatabases } from '@skerry/contract/operations/databases';

import { Api } from '../api/api.ts';
import { type Connection, findConnection } from '../api/connection.ts';
import type { Command } from '../command.ts';
import { EXIT_CODES } from '../errors.ts';
import { CLIENT_FLAGS } from '../options/client.ts';
import { resolvesBelow } from '../start/network.ts';

interface Finding {
  readonly check: string;
  /** `hint`: works, but something is worth knowing. */
  readonly result: 'ok' | 'hint' | 'failed';
  readonly detail: string;
}

const MARKS = { ok: 'ok  ', hint: 'hint', failed: 'FAIL' } as const;

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Look for the usual causes when something does not work.',
  arguments: [],
  flags: CLIENT_FLAGS,
  notes: 'The exit code is 1 when a check failed.',
  async run({ flags }, terminal) {
    const findings = await examine(() => findConnection(flags, terminal.environment));
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
  const check = async (name: string, look: () => Promise<Omit<Finding, 'check'>>): Promise<boolean> => {
    const finding = await look().catch(
      (error: unknown) =>
        ({ result: 'failed', detail: error instanceof Error ? error.message : String(error) }) as const,
    );
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
    !(await check('access', async () => await access(api)))
  ) {
    return findings;
  }
  await check('addresses', async () => await addresses(api));
  return findings;
}

async function health(url: string): Promise<Omit<Finding, 'check'>> {
  const response = await fetch(`${url}/health`).catch(() => undefined);
  if (response === undefined) {
    return {
      result: 'failed',
      detail: `nothing answers at ${url}; start it with "skerry start", or name it with --url`,
    };
  }
  return response.ok
    ? { result: 'ok', detail: `${url} is ready` }
    : { result: 'failed', detail: `${url} answers, but is not ready (status ${response.status})` };
}

async function access(api: Api): Promise<Omit<Finding, 'check'>> {
  const { exp } = await api.call(validateApiToken, { params: {} });
  const until = exp === -1 ? 'without end' : `until ${new Date(exp * 1000).toISOString()}`;
  return { result: 'ok', detail: `the token opens organization ${await api.organization()}, ${until}` };
}

/** Whether the host names that the API gives out can be dialled from here. */
async function addresses(api: Api): Promise<Omit<Finding, 'check'>> {
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
