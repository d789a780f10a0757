/**
 * What the gateway tells a host process when it starts it, as one JSON argument. A host reads no environment.
 *
 * @module
 */
export interface HostOptions {
  /** Small number, unique among living and dead hosts of this gateway run; part of every baton. */
  readonly hostId: number;
  /** Absolute path; each database has its folder below `databases/`. */
  readonly dataDir: string;
  /** 32 bytes in base64: batons are signed with it. The same for all hosts of one gateway run, new at each start. */
  readonly batonKey: string;
  /** A small file in which the host writes what it runs right now (see relay/work-cell.ts). */
  readonly workCellPath: string;
  /** A stream without a request for this long is closed. Default 10,000. */
  readonly streamIdleMs: number;
  /** A write transaction this old loses its lock when another write waits. Default 5,000. */
  readonly transactionMs: number;
  /** Longest total time of one statement. The gateway ends the host when it is stuck for longer. */
  readonly statementMs: number;
  /** Largest answer of one pipeline. Default 10 MB, as sqld. */
  readonly maxResponseBytes: number;
  /** Largest value, row or SQL text that SQLite accepts (SQLITE_LIMIT_LENGTH). */
  readonly maxRowBytes: number;
  /** Streams that may be open on one database. */
  readonly maxStreamsPerDatabase: number;
  /** Databases kept open without a stream (least recently used are closed). Default 2,000. */
  readonly maxOpenDatabases: number;
  readonly maxUploadBytes: number;
  /** Location code → time that it takes from a replica there to its primary and back, made to seem so. */
  readonly latencyMs: Readonly<Record<string, number>>;
  readonly synchronous: 'full' | 'normal';
  /** Somebody wants to hear of commits: the backup. */
  readonly tellsCommits: boolean;
  /** What a page log keeps of the past: as far back as a restore reaches, and a copy that was away. */
  readonly logRetention: { readonly maxBytes: number; readonly maxAgeMs: number };
}
