import { SkerryError } from '@skerry/contract/errors/catalogue';
import * as operations from '@skerry/contract/operations/backup';

import type { Router } from '../http/router.ts';
import type { BackupControl, VerificationResult } from './control.ts';

export function backupRoutes(router: Router, backup: BackupControl | undefined): void {
  router.handle(operations.getBackupStatus, async () => await Promise.resolve({ backup: shown(backup) }));
  router.handle(operations.verifyBackup, async () => {
    if (backup === undefined) {
      throw new SkerryError('backup_not_configured');
    }
    return { verification: shownVerification(await backup.verify()) };
  });
}

function shown(backup: BackupControl | undefined) {
  if (backup === undefined) {
    return { state: 'off' as const };
  }
  const { status } = backup;
  if (status === undefined) {
    return { state: 'starting' as const };
  }
  const { state, error, pendingDatabases, storedBytes, storedObjects, failures, verification } = status;
  return {
    state,
    error,
    pending_databases: pendingDatabases,
    pending_since: timeOf(status.pendingSinceMs),
    stored_bytes: storedBytes,
    stored_objects: storedObjects,
    failures,
    stored_at: timeOf(status.storedMs),
    control_stored_at: timeOf(status.controlStoredMs),
    verification: verification === null ? null : shownVerification(verification),
  };
}

function shownVerification({ ok, finishedMs, databases, problems }: VerificationResult) {
  return { ok, finished_at: new Date(finishedMs).toISOString(), databases, problems: [...problems] };
}

function timeOf(unixMs: number | null): string | null {
  return unixMs === null ? null : new Date(unixMs).toISOString();
}
