import { type BackupStatus, verifyBackup } from '@skerry/contract/operations/backup';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { z } from 'zod';

import { useApp } from '../../app-context.ts';
import { backupQuery } from '../../data/queries.ts';
import { useAction } from '../../data/use-action.ts';
import { formatBytes, plural } from '../../lib/format.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { Failure, Loaded } from '../../ui/failure.tsx';
import { Panel, Status, type Tone } from '../../ui/panel.tsx';

type Backup = z.output<typeof BackupStatus>;

const STATES: Readonly<Record<Backup['state'], readonly [Tone, string]>> = {
  off: ['plain', 'off'],
  starting: ['warn', 'starting'],
  following: ['good', 'following every commit'],
  failing: ['danger', 'failing; it goes on trying, and nothing is lost meanwhile'],
};

export function BackupPanel(): ReactNode {
  const { api } = useApp();
  const query = useQuery(backupQuery(api));
  const verify = useAction({
    run: async () => (await api.call(verifyBackup, { params: {} })).verification,
    refresh: [['backup']],
    done: ({ ok, databases }) =>
      ok
        ? `${plural(databases, 'database')} restored and compared: all equal.`
        : 'The backup has faults; see its panel.',
  });
  const isOn = query.data !== undefined && query.data.state !== 'off';
  return (
    <Panel
      title="Backup off the machine"
      actions={
        isOn && (
          <Button isBusy={verify.isPending} onClick={() => verify.mutate()}>
            Verify now
          </Button>
        )
      }
    >
      <Loaded query={query} lines={2}>
        {(backup) => (backup.state === 'off' ? <Off /> : <Facts backup={backup} />)}
      </Loaded>
    </Panel>
  );
}

function Off(): ReactNode {
  return (
    <p className="small muted">
      Off: databases are on this machine only. <code>skerry start --backup s3://BUCKET/PREFIX</code> stores every commit
      in an object store as well.
    </p>
  );
}

function Facts({ backup }: { readonly backup: Backup }): ReactNode {
  const [tone, words] = STATES[backup.state];
  const { verification } = backup;
  return (
    <div className="stack-tight">
      <dl className="facts">
        <dt>State</dt>
        <dd>
          <Status tone={tone}>{words}</Status>
        </dd>
        <dt>Waiting</dt>
        <dd>{plural(backup.pending_databases ?? 0, 'database')} with commits that are not stored yet</dd>
        <dt>Last stored</dt>
        <dd>
          <Age at={backup.stored_at} otherwise="never" />
        </dd>
        <dt>Records of the platform</dt>
        <dd>
          <Age at={backup.control_stored_at} otherwise="never" />
        </dd>
        <dt>Since the start</dt>
        <dd>
          {formatBytes(backup.stored_bytes ?? 0)} in {plural(backup.stored_objects ?? 0, 'object')}
        </dd>
        <dt>Last verified</dt>
        <dd>
          <Age at={verification?.finished_at} otherwise="never" />
          {verification?.ok === true && `: ${plural(verification.databases, 'database')} equal in every byte`}
        </dd>
      </dl>
      {typeof backup.error === 'string' && <Failure error={new Error(backup.error)} />}
      {verification?.problems.map((problem) => (
        <Failure key={problem} error={new Error(problem)} />
      ))}
    </div>
  );
}
