/**
 * A database's own address, by path: it needs no name to resolve. And what is done there without SQL.
 *
 * @module
 */
import { createDatabaseToken } from '@skerry/contract/operations/database-tokens';

import type { Given } from '../commands/api-command.ts';
import { type Api, reasonOf } from './api.ts';
import { SqlError, UnreachableError } from './errors.ts';

export interface DatabaseAddress {
  /** With a closing slash. */
  readonly url: string;
  readonly token: string;
}

/** The address of a database, with a token that lasts as long as a command may. */
export async function openDatabase(given: Given, databaseName: string): Promise<DatabaseAddress> {
  return await openDatabaseOf(given.api, await given.organization(), databaseName);
}

export async function openDatabaseOf(
  api: Api,
  organizationSlug: string,
  databaseName: string,
): Promise<DatabaseAddress> {
  const { jwt } = await api.call(createDatabaseToken, {
    params: { organizationSlug, databaseName },
    query: { expiration: '1d' },
  });
  const path = [organizationSlug, databaseName].map(encodeURIComponent).join('/');
  return { url: `${api.connection.url}/db/${path}/`, token: jwt };
}

/**
 * A request to a database's address that is not SQL.
 *
 * @throws SqlError when the server refuses
 * @throws UnreachableError when there is no answer
 */
export async function requestDatabase(
  { url, token }: DatabaseAddress,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const response = await fetch(url + path, {
    ...init,
    headers: { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${token}` },
  }).catch((error: unknown) => {
    throw new UnreachableError(url, reasonOf(error), error);
  });
  if (!response.ok) {
    const text = await response.text();
    const { message, code } = errorIn(text);
    throw new SqlError(message ?? `the database answered with status ${response.status}`, code, response.status);
  }
  return response;
}

function errorIn(text: string): { message?: string; code?: string } {
  try {
    const { error, message, code } = JSON.parse(text) as Record<string, unknown>;
    const told = message ?? error;
    return {
      ...(typeof told === 'string' ? { message: told } : {}),
      ...(typeof code === 'string' ? { code } : {}),
    };
  } catch {
    return text === '' ? {} : { message: text.slice(0, 500) };
  }
}
