/**
 * Which server a command talks to and with which token: flags, then variables, then what `auth login` kept, then what
 * a server started in this folder would have.
 *
 * @module
 */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

import { z } from 'zod';

import { UsageError } from '../errors.ts';
import { CLIENT_VARIABLES } from '../options/client.ts';
import type { Environment, GivenFlags } from '../options/resolve.ts';
import { variableOf } from '../options/table.ts';

const DEFAULT_URL = 'http://127.0.0.1:8080';

export interface Connection {
  /** Of the bare address, without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Where the token comes from, for messages. */
  readonly tokenSource: string;
  /** Undefined: the personal one of the token's owner. */
  readonly organization: string | undefined;
}

const Login = z.object({ url: z.string(), token: z.string(), organization: z.string().optional() });
export type Login = z.infer<typeof Login>;

/**
 * @throws UsageError when there is no token, or the address is not one
 */
export async function findConnection(flags: GivenFlags, environment: Environment): Promise<Connection> {
  const login = await readLogin(environment);
  const url = await findUrl(flags, environment);
  // A kept token is for the server that it was kept for, and is shown to no other.
  const kept = login !== undefined && bareUrl(login.url) === url ? login : undefined;
  const organization = textOf(flags['org']) ?? valueOf(environment, CLIENT_VARIABLES.org) ?? kept?.organization;
  return { url, organization, ...(await findToken(flags, environment, kept)) };
}

/**
 * Of the bare address, without a trailing slash.
 *
 * @throws UsageError when it is no address
 */
export async function findUrl(flags: GivenFlags, environment: Environment): Promise<string> {
  const given = textOf(flags['url']) ?? valueOf(environment, CLIENT_VARIABLES.url);
  return bareUrl(given ?? (await readLogin(environment))?.url ?? DEFAULT_URL);
}

async function findToken(
  flags: GivenFlags,
  environment: Environment,
  login: Login | undefined,
): Promise<Pick<Connection, 'token' | 'tokenSource'>> {
  const file = textOf(flags['tokenFile']) ?? valueOf(environment, CLIENT_VARIABLES.tokenFile);
  if (file !== undefined) {
    const token = await readToken(file);
    if (token === undefined) {
      throw new UsageError(`--token-file "${file}": there is no such file, or it is empty.`);
    }
    return { token, tokenSource: file };
  }
  const token = valueOf(environment, CLIENT_VARIABLES.token);
  if (token !== undefined) {
    return { token, tokenSource: CLIENT_VARIABLES.token };
  }
  if (login !== undefined) {
    return { token: login.token, tokenSource: loginPath(environment) };
  }
  const local = path.join(valueOf(environment, variableOf('dataDir')) ?? './data', 'api-token');
  const localToken = await readToken(local);
  if (localToken === undefined) {
    throw new UsageError(
      `There is no API token: none in ${CLIENT_VARIABLES.token}, none kept by "skerry auth login", and no file ${local}.`,
      'Name the file that the first start of the server wrote with --token-file, or sign in: skerry auth login --browser.',
    );
  }
  return { token: localToken, tokenSource: local };
}

export function loginPath(environment: Environment): string {
  const folder =
    valueOf(environment, CLIENT_VARIABLES.config) ??
    path.join(valueOf(environment, 'XDG_CONFIG_HOME') ?? path.join(homedir(), '.config'), 'skerry');
  return path.join(folder, 'login.json');
}

export async function keepLogin(environment: Environment, login: Login): Promise<void> {
  const file = loginPath(environment);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(login, undefined, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
}

export async function forgetLogin(environment: Environment): Promise<void> {
  await rm(loginPath(environment), { force: true });
}

async function readLogin(environment: Environment): Promise<Login | undefined> {
  const file = loginPath(environment);
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) {
    return undefined;
  }
  try {
    return Login.parse(JSON.parse(content));
  } catch {
    throw new UsageError(`${file} is damaged. Remove it, or log in again with "skerry auth login".`);
  }
}

async function readToken(file: string): Promise<string | undefined> {
  const token = (await readFile(file, 'utf8').catch(() => '')).trim();
  return token === '' ? undefined : token;
}

function bareUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--url "${text}": expected an address such as http://127.0.0.1:8080.`);
  }
  return url.origin;
}

/** Container platforms set variables they do not use to the empty text. */
function valueOf(environment: Environment, variable: string): string | undefined {
  return environment[variable] === '' ? undefined : environment[variable];
}

function textOf(flag: GivenFlags[string]): string | undefined {
  return typeof flag === 'string' ? flag : undefined;
}
