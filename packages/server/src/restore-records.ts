/**
 * What a restore needs of records that are in PostgreSQL, where PostgreSQL's own backup has brought them back.
 *
 * @module
 */
import { releaseDatabasesFolder } from './store/databases-folder.ts';
import { openStore } from './store/store.ts';

/** Database → locations of its replicas; deleted ones too, as long as they can be brought back. */
export async function databasesOfRecords(storeUrl: string, dataDir: string): Promise<Map<string, string[]>> {
  const store = await openStore({ dataDir, url: storeUrl });
  try {
    const found = new Map<string, string[]>();
    for (const { id } of await store.db.selectFrom('deleted_databases').select('id').execute()) {
      found.set(id, []);
    }
    for (const { id } of await store.db.selectFrom('databases').where('state', '=', 'ready').select('id').execute()) {
      found.set(id, []);
    }
    const replicas = store.db.selectFrom('instances').where('role', '=', 'replica').select(['database_id', 'location']);
    for (const { database_id: databaseId, location } of await replicas.execute()) {
      found.get(databaseId)?.push(location);
    }
    return found;
  } finally {
    await store.close();
  }
}

/** The restored folder has the databases now: the first server that starts with it takes its place in the records. */
export async function releaseFolder(storeUrl: string, dataDir: string): Promise<void> {
  const store = await openStore({ dataDir, url: storeUrl });
  try {
    await releaseDatabasesFolder(store);
  } finally {
    await store.close();
  }
}
