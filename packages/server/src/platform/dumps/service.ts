/**
 * From an uploaded dump to the URL that a new database is seeded with, and back.
 *
 * The URL is only a name for a file of ours: it is taken apart, never dialled, so nobody can make the server fetch what
 * only the server can reach. An operator who trusts other sources names them (`--dump-source`).
 *
 * @module
 */
import { Readable } from 'node:stream';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import type { Addresses } from '../addresses.ts';
import type { OrganizationAccess } from '../http/request.ts';
import type { DumpFiles } from './dump-files.ts';
import { fileOfForm } from './form-file.ts';

const DUMP_PATH = /^\/v\d\/organizations\/([^/]+)\/databases\/dumps\/([0-9a-f-]{36})$/;

export interface DumpServiceOptions {
  readonly files: DumpFiles;
  readonly addresses: Addresses;
  /** Beginnings of URLs from which dumps may be fetched. */
  readonly sources: readonly string[];
}

export class DumpService {
  readonly #options: DumpServiceOptions;

  constructor(options: DumpServiceOptions) {
    this.#options = options;
  }

  /**
   * Keeps the form's field `file`.
   *
   * @returns URL for `seed.url`, good for a day
   * @throws SkerryError dump_invalid, dump_too_large, invalid_request
   */
  async upload(organization: OrganizationAccess, contentType: string, body: Readable): Promise<string> {
    const { files, addresses } = this.#options;
    const file = await fileOfForm(contentType, body);
    const dumpId = await files.keep(organization.id, file);
    return `${addresses.bareUrl()}/v1/organizations/${organization.slug}/databases/dumps/${dumpId}`;
  }

  /** Path of the file that the URL stands for. @throws SkerryError seed_invalid, dump_invalid, dump_too_large */
  async resolve(organizationId: string, url: string): Promise<string> {
    const { files, sources } = this.#options;
    const parsed = URL.parse(url);
    if (parsed === null) {
      throw new SkerryError('seed_invalid', { problem: 'seed.url is not a URL' });
    }
    const dumpId = DUMP_PATH.exec(parsed.pathname)?.[2];
    const own = dumpId === undefined ? undefined : await files.find(organizationId, dumpId);
    if (own !== undefined) {
      return own;
    }
    if (sources.some((source) => parsed.href.startsWith(source))) {
      return await this.#fetch(organizationId, parsed.href);
    }
    throw new SkerryError('seed_invalid', {
      problem:
        dumpId === undefined
          ? 'seed.url is not the URL of a dump that was uploaded here'
          : 'this process has no such dump: it was uploaded more than a day ago, has become a database, or is at another ' +
            'process that shares the records. Upload it and create the database at the same one',
    });
  }

  async forget(file: string): Promise<void> {
    await this.#options.files.forget(file);
  }

  async #fetch(organizationId: string, url: string): Promise<string> {
    const { files } = this.#options;
    // A redirect could lead to where the operator did not allow.
    const response = await fetch(url, { redirect: 'error' }).catch((error: unknown) => {
      throw new SkerryError('dump_invalid', { problem: 'it could not be fetched' }, { cause: error });
    });
    if (!response.ok || response.body === null) {
      throw new SkerryError('dump_invalid', { problem: `its source answered ${response.status}` });
    }
    const dumpId = await files.keep(organizationId, Readable.fromWeb(response.body));
    const file = await files.find(organizationId, dumpId);
    if (file === undefined) {
      throw new SkerryError('internal');
    }
    return file;
  }
}
