/**
 * The directory over the store, with a cache in front.
 *
 * Whoever changes a row calls `changed` or `groupChanged` after the transaction and before the API call is answered.
 * From then on no request sees the old state: cached entries are gone, and an entry whose loading began before is handed
 * to those that already waited for it, but neither kept nor shared.
 *
 * Changes that another process makes arrive as messages, some milliseconds after they are committed. While none can
 * arrive, nothing is kept.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto';

import type { Kysely } from 'kysely';
import { LRUCache } from 'lru-cache';

import { publicKeyOf } from '../access/signing-keys.ts';
import type { Coordination } from '../store/coordination.ts';
import type { Tables } from '../store/tables.ts';
import { databaseLabel } from './addresses.ts';
import { instancesOf } from './databases/store.ts';
import type { Directory, DirectoryEntry, MaybeAtOnce, TokenKey } from './directory.ts';

/** About 3 kB each, most of it the two keys. */
const ENTRIES_MAX = 20_000;

export class StoredDirectory implements Directory {
  readonly #db: Kysely<Tables>;
  readonly #coordination: Pick<Coordination, 'isInformed' | 'onChange'>;
  readonly #entries: LRUCache<string, DirectoryEntry>;
  /** Labels of cached entries. */
  readonly #idOfLabel = new Map<string, string>();
  readonly #labelsOfId = new Map<string, string[]>();
  readonly #loading = new Map<string, Promise<DirectoryEntry | undefined>>();
  readonly #listeners = new Set<(databaseId: string) => void>();

  constructor(
    db: Kysely<Tables>,
    coordination: Pick<Coordination, 'isInformed' | 'onChange'>,
    options: { readonly entriesMax?: number } = {},
  ) {
    this.#db = db;
    this.#coordination = coordination;
    this.#entries = new LRUCache({
      max: options.entriesMax ?? ENTRIES_MAX,
      dispose: (_entry, databaseId) => this.#forgetLabels(databaseId),
    });
    coordination.onChange((change) => {
      if (change.kind === 'everything') {
        this.#everythingChanged();
      } else if (change.kind === 'database') {
        this.changed(change.id);
      } else {
        this.groupChanged(change.id, []);
      }
    });
  }

  byLabel(label: string): MaybeAtOnce<DirectoryEntry | undefined> {
    const databaseId = this.#idOfLabel.get(label);
    const cached = databaseId === undefined ? undefined : this.#cached(databaseId);
    return cached ?? this.#load(`label ${label}`, async () => await this.#idByLabel(label), label);
  }

  byName(organizationSlug: string, databaseName: string): MaybeAtOnce<DirectoryEntry | undefined> {
    // `a-b` in `c` and `a` in `b-c` have the same label.
    const isIt = (entry: DirectoryEntry | undefined): boolean =>
      entry?.databaseName === databaseName && entry.organizationSlug === organizationSlug;
    const found = this.byLabel(databaseLabel(databaseName, organizationSlug));
    return found instanceof Promise
      ? found.then((entry) => (isIt(entry) ? entry : undefined))
      : isIt(found)
        ? found
        : undefined;
  }

  async byId(databaseId: string): Promise<DirectoryEntry | undefined> {
    return this.#cached(databaseId) ?? (await this.#load(`id ${databaseId}`, () => databaseId));
  }

  /** Past the cache: what another process has changed a moment ago is in it. */
  async fromRecords(databaseId: string): Promise<DirectoryEntry | undefined> {
    return await readEntry(this.#db, databaseId);
  }

  onChange(listener: (databaseId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** A database is new, changed or gone. */
  changed(databaseId: string): void {
    this.#loading.clear();
    this.#entries.delete(databaseId);
    this.#tell(databaseId);
  }

  /** Something that all databases of a group share has changed. `databaseIds`: those that are told so. */
  groupChanged(groupId: string, databaseIds: Iterable<string>): void {
    this.#loading.clear();
    // Entries are found by what they say themselves: one may name a group that its database has just left.
    const stale = [...this.#entries].filter(([, entry]) => entry.groupId === groupId).map(([databaseId]) => databaseId);
    for (const databaseId of stale) {
      this.#entries.delete(databaseId);
    }
    for (const databaseId of databaseIds) {
      this.#entries.delete(databaseId);
      this.#tell(databaseId);
    }
  }

  /** Something that all databases of an organization share has changed. */
  organizationChanged(slug: string): void {
    this.#loading.clear();
    const stale = [...this.#entries].filter(([, entry]) => entry.organizationSlug === slug);
    for (const [databaseId] of stale) {
      this.#entries.delete(databaseId);
      this.#tell(databaseId);
    }
  }

  #everythingChanged(): void {
    this.#loading.clear();
    const databaseIds = [...this.#entries.keys()];
    this.#entries.clear();
    for (const databaseId of databaseIds) {
      this.#tell(databaseId);
    }
  }

  #cached(databaseId: string): DirectoryEntry | undefined {
    return this.#coordination.isInformed ? this.#entries.get(databaseId) : undefined;
  }

  #tell(databaseId: string): void {
    for (const listener of this.#listeners) {
      listener(databaseId);
    }
  }

  async #load(
    key: string,
    findId: () => string | undefined | Promise<string | undefined>,
    label?: string,
  ): Promise<DirectoryEntry | undefined> {
    const running = this.#loading.get(key);
    if (running !== undefined) {
      return await running;
    }
    const load = this.#readById(findId);
    this.#loading.set(key, load);
    try {
      const entry = await load;
      if (entry !== undefined && this.#loading.get(key) === load && this.#coordination.isInformed) {
        this.#keep(entry, label);
      }
      return entry;
    } finally {
      if (this.#loading.get(key) === load) {
        this.#loading.delete(key);
      }
    }
  }

  #keep(entry: DirectoryEntry, label: string | undefined): void {
    this.#entries.set(entry.databaseId, entry);
    if (label !== undefined) {
      this.#idOfLabel.set(label, entry.databaseId);
      this.#labelsOfId.set(entry.databaseId, [...(this.#labelsOfId.get(entry.databaseId) ?? []), label]);
    }
  }

  #forgetLabels(databaseId: string): void {
    for (const label of this.#labelsOfId.get(databaseId) ?? []) {
      this.#idOfLabel.delete(label);
    }
    this.#labelsOfId.delete(databaseId);
  }

  async #idByLabel(label: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('database_labels')
      .where('label', '=', label)
      .select('database_id')
      .executeTakeFirst();
    return row?.database_id;
  }

  async #readById(findId: () => string | undefined | Promise<string | undefined>): Promise<DirectoryEntry | undefined> {
    const databaseId = await findId();
    if (databaseId === undefined) {
      return undefined;
    }
    // Another address of a database that is cached already.
    return this.#cached(databaseId) ?? (await readEntry(this.#db, databaseId));
  }
}

/** Of one moment, so that no half of a change is seen. */
async function readEntry(db: Kysely<Tables>, databaseId: string): Promise<DirectoryEntry | undefined> {
  const reading = db.transaction().setAccessMode('read only').setIsolationLevel('repeatable read');
  return await reading.execute(async (transaction) => {
    const database = await transaction
      .selectFrom('databases as d')
      .innerJoin('organizations as o', 'o.id', 'd.organization_id')
      .where('d.id', '=', databaseId)
      .where('d.state', '=', 'ready')
      .selectAll('d')
      .select('o.slug as organization_slug')
      .executeTakeFirst();
    if (database === undefined) {
      return undefined;
    }
    const keys = await transaction
      .selectFrom('token_keys')
      .where('owner_id', 'in', [databaseId, database.group_id])
      .select(['owner_id', 'id', 'public_key'])
      .execute();
    const attachable = await transaction
      .selectFrom('databases')
      .where('group_id', '=', database.group_id)
      .where('allow_attach', '=', 1)
      .where('state', '=', 'ready')
      .where('id', '<>', databaseId)
      .select(['id', 'name'])
      .execute();
    const keySets = await transaction
      .selectFrom('key_sets')
      .where('organization_id', '=', database.organization_id)
      .select('url')
      .orderBy('name')
      .execute();
    const instances = await instancesOf(transaction, databaseId);
    return {
      databaseId,
      databaseName: database.name,
      organizationSlug: database.organization_slug,
      groupId: database.group_id,
      instances: instances
        .filter(({ ready }) => ready === 1)
        .map(({ id, location, role }) => ({ instanceId: id, location, role })),
      settings: {
        blockReads: database.block_reads === 1,
        blockWrites: database.block_writes === 1,
        sizeLimitBytes: database.size_limit_bytes,
        allowAttach: database.allow_attach === 1,
        offSite: database.off_site === 1,
        awaitingUpload: database.awaiting_upload === 1,
        syncProtocol: database.sync_protocol,
      },
      databaseKey: keyOf(keys, databaseId),
      groupKey: keyOf(keys, database.group_id),
      groupTokensRefusedUntilMs: database.group_tokens_refused_until_ms,
      keySetUrls: keySets.map(({ url }) => url),
      allowedIps: JSON.parse(database.allowed_ips) as string[],
      attachable: attachable.map(({ id, name }) => ({ name, databaseId: id })),
    };
  });
}

function keyOf(
  keys: readonly { readonly owner_id: string; readonly id: string; readonly public_key: string }[],
  ownerId: string,
): TokenKey {
  const row = keys.find(({ owner_id: owner }) => owner === ownerId);
  if (row === undefined) {
    throw new Error(`the records have no signing key of ${ownerId}`);
  }
  let publicKey: KeyObject | undefined;
  return {
    id: row.id,
    // Most entries are looked up for one of the two keys only, and making a key object is not free.
    get publicKey() {
      publicKey ??= publicKeyOf({ publicKey: row.public_key });
      return publicKey;
    },
  };
}
