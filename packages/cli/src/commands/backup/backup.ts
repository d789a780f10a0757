import { getBackupStatus, verifyBackup } from '@skerry/contract/operations/backup';

import { facts } from '../../output/table.ts';
import { apiCommand } from '../api-command.ts';

export const backupStatus = apiCommand({
  name: 'backup status',
  summary: 'Whether what is committed is stored off the machine.',
  run: async ({ api }) => (await api.call(getBackupStatus, { params: {} })).backup,
  show: ({ state, error, verification, ...backup }) =>
    facts([
      ['State', error === null || error === undefined ? state : `${state}: ${error}`],
      ['Databases that wait', String(backup.pending_databases ?? 0)],
      ['Waiting since', backup.pending_since ?? 'nothing waits'],
      ['Last commits stored', backup.stored_at ?? 'never'],
      ['Records stored', backup.control_stored_at ?? 'never'],
      ['Failed attempts', String(backup.failures ?? 0)],
      [
        'Verified',
        verification === null || verification === undefined
          ? 'not yet'
          : `${verification.finished_at}, ${verification.databases} databases: ${verification.ok ? 'sound' : verification.problems.join('; ')}`,
      ],
    ]),
});

export const backupVerify = apiCommand({
  name: 'backup verify',
  summary: 'Restore from the backup into temporary files and compare with the databases.',
  run: async ({ api }) => (await api.call(verifyBackup, { params: {} })).verification,
  show: ({ ok, databases, problems }) =>
    `${databases} databases restored and compared: ${ok ? 'sound' : 'NOT sound'}\n${problems.map((problem) => `  ${problem}\n`).join('')}`,
});
