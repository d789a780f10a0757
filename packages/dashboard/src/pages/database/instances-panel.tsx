import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { databaseQuery, databaseUsageQuery, groupQuery, instancesQuery } from '../../data/queries.ts';
import { formatBytes, formatCount, formatMs, plural } from '../../lib/format.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Badge, Panel, Status } from '../../ui/panel.tsx';

/** One line for each instance: where it is, whether it is well, how it is reached. */
export function InstancesPanel({ org, database }: { readonly org: string; readonly database: string }): ReactNode {
  const { api } = useApp();
  const instances = useQuery(instancesQuery(api, org, database));
  const usage = useQuery(databaseUsageQuery(api, org, database));
  const info = useQuery(databaseQuery(api, org, database));
  const group = useQuery({
    ...groupQuery(api, org, info.data?.group ?? ''),
    enabled: info.data !== undefined,
  });
  const used = new Map(usage.data?.instances.map((instance) => [instance.uuid, instance.usage]));
  const states = new Map(group.data?.status.locations.map(({ name, status }) => [name, status]));
  return (
    <Panel title="Instances" isFlush>
      <Loaded query={instances} lines={2}>
        {(list) => (
          <table className="table">
            <thead>
              <tr>
                <th>Location</th>
                <th>State</th>
                <th>Host name</th>
                <th>Behind the primary</th>
                <th className="number">Size</th>
                <th className="number">Rows read</th>
                <th className="number">Rows written</th>
              </tr>
            </thead>
            <tbody>
              {list.map(({ uuid, region, type, hostname, lag_frames: lagFrames, lag_ms: lagMs }) => {
                const numbers = used.get(uuid);
                const state = states.get(region);
                return (
                  <tr key={uuid}>
                    <td>
                      <span className="row">
                        {region} <Badge tone={type === 'primary' ? 'accent' : 'plain'}>{type}</Badge>
                      </span>
                    </td>
                    <td>
                      {state !== undefined && (
                        <Status tone={state === 'up' ? 'good' : 'danger'}>{state === 'up' ? 'up' : 'down'}</Status>
                      )}
                    </td>
                    <td>
                      <span className="row">
                        <code>{hostname}</code>
                        <CopyButton text={hostname} />
                      </span>
                    </td>
                    <td>{type === 'replica' && lagOf(lagFrames, lagMs)}</td>
                    <td className="number">{numbers && formatBytes(numbers.storage_bytes)}</td>
                    <td className="number">{numbers && formatCount(numbers.rows_read)}</td>
                    <td className="number">{numbers && formatCount(numbers.rows_written)}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Loaded>
    </Panel>
  );
}

/** Pages that a replica has not applied, and how old the oldest of them is. */
function lagOf(frames: number | null, ms: number | null): string {
  if (frames === null) {
    return 'unknown';
  }
  return frames === 0 ? 'no' : `${plural(frames, 'page')}${ms === null ? '' : `, ${formatMs(ms)}`}`;
}
