/**
 * The backup off the machine: for whoever runs the server.
 *
 * @module
 */
import { z } from 'zod';

import { OPERATOR } from './authority.ts';
import { operation } from './operation.ts';

export const BackupVerification = z
  .object({
    ok: z.boolean(),
    finished_at: z.string(),
    databases: z.number().describe('Restored into temporary files, and equal to the original in every byte.'),
    problems: z.array(z.string()),
  })
  .meta({ id: 'BackupVerification' });

export const BackupStatus = z
  .object({
    state: z
      .enum(['off', 'starting', 'following', 'failing'])
      .describe('`failing`: the last upload did not succeed; it is tried again, and nothing is lost meanwhile.'),
    error: z.string().nullish(),
    pending_databases: z.number().optional().describe('With commits that are not stored yet.'),
    pending_since: z.string().nullish().describe('Since when the one that has waited longest does.'),
    stored_bytes: z.number().optional().describe('Since the backup process started.'),
    stored_objects: z.number().optional(),
    failures: z.number().optional().describe('Attempts that did not succeed, since the backup process started.'),
    stored_at: z.string().nullish(),
    control_stored_at: z.string().nullish(),
    verification: BackupVerification.nullish(),
  })
  .meta({ id: 'BackupStatus' });

const tag = 'Backup';

export const getBackupStatus = operation({
  id: 'getBackupStatus',
  tag,
  summary: 'Whether what is committed is stored off the machine.',
  method: 'GET',
  path: '/v1/backup',
  authority: OPERATOR,
  response: z.object({ backup: BackupStatus }),
});

export const verifyBackup = operation({
  id: 'verifyBackup',
  tag,
  summary: 'Restore from the backup into temporary files and compare; answers when that is done.',
  method: 'POST',
  path: '/v1/backup/verify',
  authority: OPERATOR,
  response: z.object({ verification: BackupVerification }),
  errors: ['backup_not_configured'],
});
