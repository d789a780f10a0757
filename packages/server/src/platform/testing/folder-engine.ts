/**
 * An engine for tests of the control plane: a database is a folder, an instance a file in it. It can be told to fail, or
 * to stop half way as if the process had died.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { DatabasePolicy, Engine, LocationTraits } from '../../placement/engine.ts';
import type { InstanceRef, ReplicaLag } from '../../relay/messages.ts';

export type EngineStep =
  | 'createDatabase'
  | 'dropDatabase'
  | 'closeDatabase'
  | 'addReplica'
  | 'removeReplica'
  | 'copyDatabase'
  | 'configure';

export class FolderEngine implements Engine {
  readonly #folder: string;
  /** Whether it stands for servers that keep settings and keys, and what those were told last. */
  keepsPolicy = false;
  readonly policies = new Map<string, DatabasePolicy | 'closed'>();
  /** Called before each step's work: throws to fail it, or never resolves to stand for a crash. */
  before: (step: EngineStep, databaseId: string) => Promise<void> = async () => await Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  traits(_location: string): LocationTraits {
    return { engine: 'embedded', keepsPolicy: this.keepsPolicy, restoresToTime: true, takesUploads: true };
  }

  checkLocations(): void {
    // Any may be with any.
  }

  statusOf(): 'up' {
    return 'up';
  }

  async configure({ databaseId }: InstanceRef, policy: DatabasePolicy): Promise<void> {
    await this.before('configure', databaseId);
    this.policies.set(databaseId, policy);
  }

  async createDatabase(instance: InstanceRef): Promise<void> {
    await this.before('createDatabase', instance.databaseId);
    await mkdir(this.#folderOf(instance.databaseId), { recursive: true });
    if (!existsSync(this.fileOf(instance))) {
      await writeFile(this.fileOf(instance), '');
    }
  }

  async dropDatabase(databaseId: string): Promise<void> {
    await this.before('dropDatabase', databaseId);
    await rm(this.#folderOf(databaseId), { recursive: true, force: true });
  }

  async closeDatabase(databaseId: string, _location: string): Promise<void> {
    await this.before('closeDatabase', databaseId);
    this.policies.set(databaseId, 'closed');
  }

  async addReplica(instance: InstanceRef, primary: InstanceRef): Promise<void> {
    await this.before('addReplica', instance.databaseId);
    await copyFile(this.fileOf(primary), this.fileOf(instance));
  }

  async removeReplica(instance: InstanceRef): Promise<void> {
    await this.before('removeReplica', instance.databaseId);
    await rm(this.fileOf(instance), { force: true });
  }

  async copyDatabase(source: InstanceRef, target: InstanceRef): Promise<void> {
    await this.before('copyDatabase', target.databaseId);
    await copyFile(this.fileOf(source), this.fileOf(target));
  }

  async loadDump(textFile: string, target: InstanceRef): Promise<void> {
    await this.before('createDatabase', target.databaseId);
    await mkdir(this.#folderOf(target.databaseId), { recursive: true });
    await copyFile(textFile, this.fileOf(target));
  }

  async restorableSinceMs(): Promise<number> {
    return await Promise.resolve(0);
  }

  async sizeBytes(instance: InstanceRef): Promise<number> {
    const { size } = await stat(this.fileOf(instance));
    return size;
  }

  /** A byte stands for a frame. */
  async lag(instance: InstanceRef): Promise<ReplicaLag> {
    const primary = { ...instance, location: 'local' };
    const frames = (await this.sizeBytes(primary)) - (await this.sizeBytes(instance));
    return { frames, ms: frames * 1000 };
  }

  /** Everything on disk: `<databaseId>/<location>`. */
  async files(): Promise<string[]> {
    if (!existsSync(this.#folder)) {
      return [];
    }
    const names = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    return names
      .filter((name) => name.isFile())
      .map((name) => `${path.basename(name.parentPath)}/${name.name}`)
      .sort();
  }

  async write(instance: Pick<InstanceRef, 'databaseId' | 'location'>, content: string): Promise<void> {
    await writeFile(this.fileOf(instance), content);
  }

  async read(instance: Pick<InstanceRef, 'databaseId' | 'location'>): Promise<string> {
    return await readFile(this.fileOf(instance), 'utf8');
  }

  fileOf(instance: Pick<InstanceRef, 'databaseId' | 'location'>): string {
    return path.join(this.#folderOf(instance.databaseId), instance.location);
  }

  #folderOf(databaseId: string): string {
    return path.join(this.#folder, databaseId);
  }
}
