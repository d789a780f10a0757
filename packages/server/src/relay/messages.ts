/**
 * What gateway and host say to each other. They share one socket pair per host; on it run channels (see mux.ts), and
 * every channel opens with one of the heads below. Bodies of tenants cross untouched beside the head.
 *
 * The host trusts the gateway and nobody else: rights and settings in a head are already verified.
 *
 * @module
 */
import type { Rights } from './rights.ts';

export type InstanceRole = 'primary' | 'replica';

/** One instance of one database: all that a host needs to find its files. A host never learns organizations. */
export interface InstanceRef {
  /** The database's UUID (`DbId`), which is also the name of its folder. */
  readonly databaseId: string;
  /** Location code of the instance. */
  readonly location: string;
  readonly role: InstanceRole;
}

/** The part of a database's configuration that the host enforces. */
export interface DatabaseSettings {
  readonly blockReads: boolean;
  readonly blockWrites: boolean;
  readonly sizeLimitBytes: number | null;
  /** Another database may ATTACH this one. */
  readonly allowAttach: boolean;
  /** A commit is acknowledged only when the backup has it. */
  readonly offSite: boolean;
  /** Waiting for the first upload: nothing but the upload may touch it (`seed.type = database_upload`). */
  readonly awaitingUpload: boolean;
  /** What libSQL's embedded replicas are told to copy with; older ones know `v1` only, and are served either way. */
  readonly syncProtocol: 'v1' | 'v2';
}

/**
 * An HTTP request on a database's address. `path` starts below the address ("/v2/pipeline") and has no query.
 *
 * Nothing here is of one request alone: the requests of one client bring the same head again and again, and both sides
 * keep what they made of it (see mux.ts). Neither changes it, therefore.
 */
export interface HttpHead {
  readonly kind: 'http';
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Lower-case names; only those a host has a use for (content-type, accept-encoding, x-turso-*). */
  readonly headers: Readonly<Record<string, string>>;
  readonly instance: InstanceRef;
  readonly settings: DatabaseSettings;
  readonly rights: Rights;
  /**
   * The gateway may give the request to another host as long as this one has not begun it. The host looks into its work
   * cell before it begins, and answers 'declined' (see HttpReply) when the request was revoked there.
   */
  readonly isMovable: boolean;
}

export const SOCKET_PROTOCOLS = ['hrana3-protobuf', 'hrana3', 'hrana2', 'hrana1'] as const;
export type SocketProtocol = (typeof SOCKET_PROTOCOLS)[number];

/** A WebSocket on a database's address; its messages follow on the channel, both ways. */
export interface SocketHead {
  readonly kind: 'socket';
  readonly protocol: SocketProtocol;
  readonly instance: InstanceRef;
  readonly settings: DatabaseSettings;
  /** Rights from an Authorization header of the upgrade; null until a `hello` brings a token. */
  readonly rights: Rights | null;
}

/** Rows of one table that a commit inserted, updated or deleted. */
export interface TableChange {
  readonly table: string;
  readonly action: 'insert' | 'update' | 'delete';
  readonly rows: number;
}

/** What the gateway asks of a host for the platform. Each is safe to repeat after a crash. */
export type Command =
  /** Makes the primary's file so that it can be queried. Keeps a file that is already there and sound. */
  | { readonly type: 'create_database'; readonly instance: InstanceRef }
  /** Closes everything that is open on the database and removes its folder. */
  | { readonly type: 'drop_database'; readonly databaseId: string }
  /** Closes everything that is open on the database, for it is deleted; its folder stays. */
  | { readonly type: 'close_database'; readonly databaseId: string }
  /** Closes what is idle of the database: another host owns it now. Open streams stay until they end. */
  | { readonly type: 'release_database'; readonly databaseId: string }
  /** A file that was uploaded, by its name in the database's folder, and found sound becomes the database. */
  | { readonly type: 'place_upload'; readonly instance: InstanceRef; readonly draft: string }
  /** Makes a replica's file and fills it from the primary; done when it can be queried. */
  | { readonly type: 'add_replica'; readonly instance: InstanceRef; readonly primary: InstanceRef }
  | { readonly type: 'remove_replica'; readonly instance: InstanceRef }
  /** Fills the (new) target's primary with a consistent copy of the source's primary, as it is or as it was. */
  | {
      readonly type: 'copy_database';
      readonly source: InstanceRef;
      readonly target: InstanceRef;
      /** Unix ms: with exactly the commits up to then. */
      readonly atMs?: number | undefined;
    }
  /** Commits of a primary from a frame on, as one segment in the reply's body: at most some megabytes. */
  | { readonly type: 'read_log'; readonly databaseId: string; readonly fromFrame: number }
  /**
   * Writes the primary, as it is or as of one frame, to a file in its folder. Whoever asked removes it.
   */
  | { readonly type: 'write_image'; readonly databaseId: string; readonly frame?: number | undefined }
  /** The backup has everything up to a frame. */
  | { readonly type: 'stored_off_site'; readonly databaseId: string; readonly logId: string; readonly frame: number }
  /** From when on `copy_database` can have the database as it was. */
  | { readonly type: 'restore_window'; readonly instance: InstanceRef }
  | { readonly type: 'database_size'; readonly instance: InstanceRef }
  /** Somebody listens to what is committed in the database, or nobody any more: commits here become events. */
  | { readonly type: 'hear_changes'; readonly databaseId: string; readonly isHeard: boolean }
  /** Committed in another host. */
  | { readonly type: 'tell_changes'; readonly databaseId: string; readonly changes: readonly TableChange[] }
  /** How far a replica's file is behind its primary. */
  | { readonly type: 'replica_lag'; readonly instance: InstanceRef };

export interface CommandHead {
  readonly kind: 'command';
  readonly command: Command;
}

export type ChannelHead = HttpHead | SocketHead | CommandHead;

/** First answer on an HTTP channel. The body follows, in the same frame when it is small. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The answer holds once this file, in the database's folder, was checked and put in place; see `place_upload`. */
  readonly uploaded?: string | undefined;
  /** Set instead of an answer: the request was revoked, and nothing of it has run. */
  readonly declined?: true;
}

/** What a replica has not applied yet; its next read applies it first. */
export interface ReplicaLag {
  readonly frames: number;
  /** Age of the oldest commit among them, as far as its time is known (to a second); 0 when there is none. */
  readonly ms: number;
}

/** To `read_log`. */
export interface LogReply {
  readonly logId: string;
  /** The last committed frame. */
  readonly position: number;
  /** What the body ends with: the end of a commit, if one ends in it; less than `fromFrame` when it is empty. */
  readonly lastFrame: number;
  /** The log has no longer, or does not know yet, what was asked for. */
  readonly isGone: boolean;
}

/** To `write_image`. */
export interface ImageReply {
  readonly logId: string;
  readonly frame: number;
  readonly unixMs: number;
  readonly path: string;
  readonly pageSizeBytes: number;
  readonly pageCount: number;
}

export interface CommandReply {
  readonly ok: boolean;
  /** `database_size`: bytes of the instance's files. */
  readonly sizeBytes?: number;
  readonly log?: LogReply;
  readonly image?: ImageReply;
  /** `restore_window`: Unix ms. */
  readonly earliestMs?: number;
  /** `replica_lag`. */
  readonly lag?: ReplicaLag;
  /** A code of the error catalogue, and the text for the operator's log. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** From the host, on a socket channel: a `hello` brought a token that only the gateway can judge. */
export interface AuthenticateNote {
  readonly type: 'authenticate';
  readonly jwt: string | null;
}

/** The gateway's answer to it, and later, unasked, when the token is revoked. */
export type RightsNote =
  | {
      readonly type: 'rights';
      readonly rights: Rights;
      /** As they are now; without them, those of the socket's head stay. */
      readonly settings?: DatabaseSettings;
    }
  | { readonly type: 'refused'; readonly code: string; readonly message: string };

/** Facts that a host tells unasked, outside any channel. */
export type HostEvent =
  /** Streams open on a database in this host; sent when the number leaves or reaches zero. */
  | { readonly type: 'streams'; readonly databaseId: string; readonly open: number }
  /** Databases that have commits which the backup may not have; only when there is a backup. */
  | {
      readonly type: 'committed';
      readonly databaseIds: readonly string[];
      /** Somebody waits until the backup has them. */
      readonly isAwaited?: boolean;
    }
  /** Rows since the last such event. */
  | {
      readonly type: 'usage';
      readonly databaseId: string;
      readonly location: string;
      readonly rowsRead: number;
      readonly rowsWritten: number;
      readonly bytesSynced: number;
    }
  /** Committed just now in a database that somebody listens to. */
  | { readonly type: 'changes'; readonly databaseId: string; readonly changes: readonly TableChange[] }
  /** Something failed that should not: for the operator's log, which tells whose request is on that channel. */
  | { readonly type: 'fault'; readonly channelId: number; readonly error: string }
  | {
      readonly type: 'top_query';
      readonly databaseId: string;
      readonly sql: string;
      readonly rowsRead: number;
      readonly rowsWritten: number;
    };
