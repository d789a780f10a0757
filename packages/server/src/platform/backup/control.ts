/** What the platform asks of the backup. Times are Unix ms. */
export interface BackupControl {
  readonly status:
    | {
        readonly state: 'starting' | 'following' | 'failing';
        readonly error: string | null;
        readonly storedMs: number | null;
        readonly pendingDatabases: number;
        readonly pendingSinceMs: number | null;
        readonly storedBytes: number;
        readonly storedObjects: number;
        readonly failures: number;
        readonly controlStoredMs: number | null;
        readonly verification: VerificationResult | null;
      }
    | undefined;
  verify(): Promise<VerificationResult>;
  /** Resolves when the control plane's records, as they are now, are stored. */
  storeRecords(): Promise<void>;
}

export interface VerificationResult {
  readonly ok: boolean;
  readonly finishedMs: number;
  readonly databases: number;
  readonly problems: readonly string[];
}
