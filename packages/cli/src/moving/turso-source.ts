import { createWriteStream } from 'node:fs';
/**
 * A Turso Cloud organization, or another Skerry, by the Platform API that both have. Only what is needed here is read of
 * its answers: Turso's differ from release to release in what else they hold.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { ApiError } from '@skerry/contract/client';
import { z } from 'zod';

import { reasonOf } from '../api/api.ts';
import { type DatabaseAddress, requestDatabase } from '../api/database.ts';
import { SqlError, UnreachableError } from '../api/errors.ts';
import { UsageError } from '../errors.ts';
import { loadDumpInto } from '../sql/sqlite-from-text.ts';
import { exportFile } from '../transfer/export.ts';
import type { Progress } from '../transfer/progress.ts';
import type { MovedSettings, Source, SourceOrganization } from './source.ts';

const Organizations = z.array(z.object({ slug: z.string() }));
const Groups = z.object({
  groups: z.array(z.object({ name: z.string(), primary: z.string(), locations: z.array(z.string()) })),
});
const Databases = z.object({
  databases: z.array(z.object({ Name: z.string(), Hostname: z.string(), group: z.string() })),
  pagination: z.object({ next: z.string().nullish() }).nullish(),
});
const Settings = z.object({
  allowed_ips: z.array(z.string()).optional(),
  allowed_aws_vpc_ids: z.array(z.string()).optional(),
  size_limit: z.string().optional(),
  allow_attach: z.boolean().optional(),
  block_reads: z.boolean().optional(),
  block_writes: z.boolean().optional(),
  delete_protection: z.boolean().optional(),
});
const Minted = z.object({ jwt: z.string() });
const NEXT = 'name the Platform API of the source with --source.';
const ErrorBody = z.object({ error: z.string() });

export interface TursoSourceOptions {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Undefined: all that the token may see. */
  readonly organizations: readonly string[] | undefined;
}

export class TursoSource implements Source {
  readonly #options: TursoSourceOptions;
  readonly #hostnames = new Map<string, string>();

  constructor(options: TursoSourceOptions) {
    this.#options = options;
  }

  async list(): Promise<SourceOrganization[]> {
    const seen = await this.#get('/v1/organizations', Organizations);
    const wanted = this.#options.organizations ?? seen.map(({ slug }) => slug);
    const organizations: SourceOrganization[] = [];
    for (const slug of wanted) {
      const base = `/v1/organizations/${encodeURIComponent(slug)}`;
      const { groups } = await this.#get(`${base}/groups`, Groups);
      const databases = await this.#databasesOf(base);
      for (const { Name, Hostname } of databases) {
        this.#hostnames.set(`${slug}/${Name}`, Hostname);
      }
      organizations.push({
        slug,
        groups: groups.map(({ name, primary, locations }) => ({
          name,
          locations: [primary, ...locations.filter((location) => location !== primary)],
        })),
        databases: databases.map(({ Name, group }) => ({ name: Name, group })),
      });
    }
    return organizations;
  }

  /** As a file; where the database's server has no such thing, by way of its dump. */
  async copy(organization: string, database: string, file: string, progress: Progress): Promise<void> {
    const address = await this.#open(organization, database);
    try {
      await exportFile(address, file, progress);
    } catch (error) {
      if (!(error instanceof SqlError && [404, 405, 501].includes(error.status))) {
        throw error;
      }
      await this.#copyByDump(address, file);
    }
  }

  async settings(organization: string, database: string): Promise<MovedSettings> {
    const { allowed_aws_vpc_ids: vpcIds = [], ...body } = await this.#get(
      `${pathOf(organization, database)}/configuration`,
      Settings,
    );
    const blocked = [
      ...(body.block_reads === true ? ['reads'] : []),
      ...(body.block_writes === true ? ['writes'] : []),
    ];
    return {
      body,
      notes: [
        ...(blocked.length > 0 ? [`${blocked.join(' and ')} are blocked, as they are there`] : []),
        ...(vpcIds.length > 0 ? ['it is restricted to AWS VPC endpoints there, and open to every address here'] : []),
      ],
    };
  }

  /** Page by page, where the source gives them so. */
  async #databasesOf(base: string): Promise<z.output<typeof Databases>['databases']> {
    const found: z.output<typeof Databases>['databases'] = [];
    let cursor = '';
    do {
      const { databases, pagination } = await this.#get(`${base}/databases${cursor}`, Databases);
      found.push(...databases);
      const next = pagination?.next ?? '';
      cursor = next === '' || databases.length === 0 ? '' : `?cursor=${encodeURIComponent(next)}`;
    } while (cursor !== '');
    return found;
  }

  async #copyByDump(address: DatabaseAddress, file: string): Promise<void> {
    const dump = path.join(path.dirname(file), 'dump.sql');
    const { body } = await requestDatabase(address, 'dump');
    await pipeline(body === null ? Readable.from([]) : Readable.fromWeb(body), createWriteStream(dump));
    await loadDumpInto(dump, file);
    await rm(dump);
  }

  async #open(organization: string, database: string): Promise<DatabaseAddress> {
    const { url } = this.#options;
    const { jwt: token } = await this.#call(
      'POST',
      `${pathOf(organization, database)}/auth/tokens?expiration=1d`,
      Minted,
    );
    const hostname = this.#hostnames.get(`${organization}/${database}`) ?? '';
    // Names below "localhost" do not resolve everywhere; a Skerry has each database by path as well.
    return /\.localhost(:\d+)?$/.test(hostname)
      ? { url: `${url}/db/${[organization, database].map(encodeURIComponent).join('/')}/`, token }
      : { url: `${new URL(url).protocol}//${hostname}/`, token };
  }

  async #get<Schema extends z.ZodType>(url: string, schema: Schema): Promise<z.output<Schema>> {
    return await this.#call('GET', url, schema);
  }

  async #call<Schema extends z.ZodType>(method: string, url: string, schema: Schema): Promise<z.output<Schema>> {
    const response = await fetch(this.#options.url + url, {
      method,
      headers: { authorization: `Bearer ${this.#options.token}` },
    }).catch((error: unknown) => {
      throw new UnreachableError(this.#options.url, reasonOf(error), error, NEXT);
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) {
      const told = ErrorBody.safeParse(body);
      const message = told.success ? told.data.error : `status ${response.status}`;
      throw new ApiError(response.status, `${this.#options.url} refused ${url}: ${message}`, undefined);
    }
    const parsed = schema.safeParse(body);
    if (!parsed.success) {
      throw new UsageError(`${this.#options.url} does not answer ${url} as a Platform API does.`, NEXT);
    }
    return parsed.data;
  }
}

function pathOf(organization: string, database: string): string {
  return `/v1/organizations/${encodeURIComponent(organization)}/databases/${encodeURIComponent(database)}`;
}
