/**
 * What the gateway asks for the platform. Each command may come again after a crash and then finishes what is left.
 *
 * A file that is being made has another name until it is whole, so a crash leaves either nothing or all of it.
 *
 * @module
 */
import { existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import { copyImage, copyImageAt } from '../copies/copy-image.ts';
import { ReplicaFile } from '../copies/replica-file.ts';
import { withSidecars } from '../files/layout.ts';
import { syncDatabase, syncFolder } from '../files/sync-path.ts';
import type { ChangeFeed } from '../hrana/changes/change-feed.ts';
import { readLog, writeImage } from '../instances/backup-reads.ts';
import type { Databases } from '../instances/databases.ts';
import type { UsageReporter } from '../instances/usage.ts';
import { PageLog } from '../log/page-log.ts';
import type { Command, CommandReply, InstanceRef } from '../relay/messages.ts';
import { OpenDatabase } from '../sql/open-database.ts';

/** As upload.ts and upload-parts.ts name what they receive. */
const UPLOAD = /^upload-[0-9a-f-]{36}\.tmp$/;
const NO_BODY = Buffer.alloc(0);

export class Commands {
  readonly #databases: Databases;
  readonly #usage: UsageReporter;
  readonly #changes: ChangeFeed;

  constructor(databases: Databases, usage: UsageReporter, changes: ChangeFeed) {
    this.#databases = databases;
    this.#usage = usage;
    this.#changes = changes;
  }

  /** Never throws: a failure is an answer too. */
  async run(command: Command): Promise<{ readonly reply: CommandReply; readonly body: Buffer }> {
    try {
      if (command.type === 'read_log') {
        const { bytes, ...log } = readLog(this.#databases, command.databaseId, command.fromFrame);
        return { reply: { ok: true, log }, body: bytes };
      }
      return { reply: { ok: true, ...(await this.#run(command)) }, body: NO_BODY };
    } catch (error) {
      const code = error instanceof SkerryError ? error.code : 'internal';
      const message = error instanceof Error ? error.message : String(error);
      return { reply: { ok: false, error: { code, message } }, body: NO_BODY };
    }
  }

  async #run(command: Command): Promise<Omit<CommandReply, 'ok'>> {
    switch (command.type) {
      case 'create_database':
        this.#create(command.instance);
        return {};
      case 'place_upload':
        this.#placeUpload(command.instance, command.draft);
        return {};
      case 'drop_database':
        this.#drop(command.databaseId);
        return {};
      case 'close_database':
        this.#databases.release(command.databaseId, 'deleted');
        this.#usage.forget(command.databaseId);
        return {};
      case 'release_database':
        this.#databases.closeIdle(command.databaseId);
        return {};
      case 'add_replica':
        await this.#databases.makeReplica(command.instance);
        return {};
      case 'remove_replica':
        this.#removeInstance(command.instance);
        return {};
      case 'copy_database':
        await this.#copy(command.source, command.target, command.atMs);
        return {};
      case 'write_image':
        return { image: await writeImage(this.#databases, command.databaseId, command.frame) };
      case 'read_log':
        throw new Error('is answered with a body');
      case 'stored_off_site':
        this.#databases.offSite?.stored(command.databaseId, command);
        return {};
      case 'hear_changes':
        this.#changes.hear(command.databaseId, command.isHeard);
        return {};
      case 'tell_changes':
        this.#changes.told(command.databaseId, command.changes);
        return {};
      case 'restore_window':
        return { earliestMs: this.#earliestMs(command.instance.databaseId) };
      case 'database_size':
        return { sizeBytes: sizeOf(this.#databases.path(command.instance)) };
      case 'replica_lag':
        return { lag: this.#databases.lag(command.instance) };
    }
  }

  #create(instance: InstanceRef): void {
    const target = this.#databases.path(instance);
    if (existsSync(target)) {
      return;
    }
    const folder = path.dirname(target);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const draft = `${target}.tmp`;
    remove(draft);
    OpenDatabase.create(draft);
    renameSync(draft, target);
    syncFolder(folder);
    syncFolder(path.dirname(folder));
  }

  #placeUpload(instance: InstanceRef, draft: string): void {
    if (!UPLOAD.test(draft)) {
      throw new Error(`not an upload: ${draft}`);
    }
    const target = this.#databases.path(instance);
    const file = path.join(path.dirname(target), draft);
    if (existsSync(file)) {
      this.#databases.release(instance.databaseId, 'moved');
      remove(target);
      renameSync(file, target);
      syncFolder(path.dirname(target));
    }
  }

  #drop(databaseId: string): void {
    this.#databases.release(databaseId, 'deleted');
    this.#usage.forget(databaseId);
    rmSync(this.#databases.folder(databaseId), { recursive: true, force: true });
  }

  /** A database without a log has not changed since its file was written. */
  #earliestMs(databaseId: string): number {
    const { folder, databasePath } = this.#databases.logOptions(databaseId);
    if (!PageLog.isBegun(folder)) {
      return Math.ceil(statSync(databasePath).mtimeMs);
    }
    const lease = this.#databases.openLog(databaseId);
    try {
      return lease.log.completeFrom.sinceMs;
    } finally {
      lease.close();
    }
  }

  async #copy(source: InstanceRef, target: InstanceRef, atMs: number | undefined): Promise<void> {
    const to = this.#databases.path(target);
    const draft = `${to}.tmp`;
    mkdirSync(path.dirname(to), { recursive: true, mode: 0o700 });
    const lease = this.#databases.openLog(source.databaseId);
    try {
      if (atMs === undefined) {
        await copyImage(lease.log, draft);
      } else {
        await copyImageAt(lease.log, draft, atMs);
      }
    } finally {
      lease.close();
    }
    syncDatabase(draft);
    this.#databases.release(target.databaseId, 'moved');
    remove(to);
    renameSync(draft, to);
    syncFolder(path.dirname(to));
  }

  #removeInstance(instance: InstanceRef): void {
    if (instance.role === 'primary') {
      throw new Error('a primary goes with its database only');
    }
    this.#databases.releaseInstance(instance, 'deleted');
    ReplicaFile.remove(this.#databases.path(instance));
  }
}

function remove(file: string): void {
  for (const part of withSidecars(file)) {
    rmSync(part, { force: true });
  }
}

function sizeOf(file: string): number {
  return withSidecars(file)
    .slice(0, 2)
    .reduce((sum, part) => sum + (statSync(part, { throwIfNoEntry: false })?.size ?? 0), 0);
}
