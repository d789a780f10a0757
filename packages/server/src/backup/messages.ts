/**
 * What the gateway and the backup process say to each other, over Node's channel between parent and child.
 *
 * @module
 */
import type { Command, CommandReply } from '../relay/messages.ts';
import type { BackupTarget } from './object-store.ts';

/** When what is stored changes its form. */
export interface BackupLimits {
  /** A database gets a new image when its commits since the last one have as many bytes, and no fewer than these. */
  readonly imageAgainBytesMin: number;
  /** One pack holds no more, and what was read at once; what is left comes with the next. */
  readonly packBytesMax: number;
  readonly mergeAtPacks: number;
  /** A merged pack is held in memory. */
  readonly mergedBytesMax: number;
  readonly removeEveryMs: number;
}

export const BACKUP_LIMITS: BackupLimits = {
  imageAgainBytesMin: 64 * 1024 * 1024,
  packBytesMax: 32 * 1024 * 1024,
  mergeAtPacks: 64,
  mergedBytesMax: 32 * 1024 * 1024,
  removeEveryMs: 3_600_000,
};

export interface BackupOptions {
  readonly target: BackupTarget;
  readonly dataDir: string;
  /** In PostgreSQL, whose own backup has them. */
  readonly areRecordsElsewhere: boolean;
  /** How far back the backup reaches. */
  readonly retentionMs: number;
  /** Time between two verifications. */
  readonly verifyEveryMs: number;
  /** Commits are gathered for so long before they are uploaded. */
  readonly windowMs: number;
}

export interface BackupStatus {
  readonly state: 'starting' | 'following' | 'failing';
  /** Of the last upload that failed, until one succeeds. */
  readonly error: string | null;
  readonly startedMs: number;
  /** When the last commits were stored. */
  readonly storedMs: number | null;
  /** Databases with commits that are not stored yet. */
  readonly pendingDatabases: number;
  /** Since when the one that has waited longest does. */
  readonly pendingSinceMs: number | null;
  readonly storedBytes: number;
  readonly storedObjects: number;
  /** Attempts that did not succeed, since the process started. */
  readonly failures: number;
  readonly controlStoredMs: number | null;
  readonly verification: Verification | null;
}

export interface Verification {
  readonly ok: boolean;
  readonly finishedMs: number;
  readonly databases: number;
  /** What is wrong, one text for each. */
  readonly problems: readonly string[];
}

export type ToGateway =
  | { readonly type: 'command'; readonly id: number; readonly databaseId: string; readonly command: Command }
  /** Everything that the database had committed up to a frame is in the store. */
  | { readonly type: 'stored'; readonly databaseId: string; readonly logId: string; readonly frame: number }
  | { readonly type: 'status'; readonly status: BackupStatus }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly message: string }
  | { readonly type: 'verified'; readonly id: number; readonly verification: Verification }
  | { readonly type: 'records_stored'; readonly id: number };

export interface HostAnswer {
  readonly reply: CommandReply;
  readonly body: Uint8Array;
}

export type ToBackup =
  | { readonly type: 'answer'; readonly id: number; readonly answer: HostAnswer }
  | { readonly type: 'refused'; readonly id: number; readonly message: string }
  /** Databases that have commits which may not be stored yet. */
  | { readonly type: 'committed'; readonly databaseIds: readonly string[]; readonly isAwaited: boolean }
  | { readonly type: 'store_records'; readonly id: number }
  | { readonly type: 'verify'; readonly id: number }
  | { readonly type: 'stop' };
