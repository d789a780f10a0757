import { addLocationToGroup, type Group, removeLocationFromGroup } from '@skerry/contract/operations/groups';
import { type ReactNode, useState } from 'react';
import type { z } from 'zod';

import { useApp } from '../../app-context.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Badge, Status } from '../../ui/panel.tsx';

interface LocationListProps {
  readonly org: string;
  readonly group: z.output<typeof Group>;
  /** Code → description, of all that the server has. */
  readonly locations: Readonly<Record<string, string>>;
}

/** The locations of a group, with the way to add and to remove one. */
export function LocationList({ org, group, locations }: LocationListProps): ReactNode {
  const { api } = useApp();
  const [chosen, setChosen] = useState('');
  const [removing, setRemoving] = useState<string>();
  const free = Object.entries(locations).filter(([code]) => !group.locations.includes(code));
  const location = free.some(([code]) => code === chosen) ? chosen : (free[0]?.[0] ?? '');
  const paramsOf = (code: string) => ({ organizationSlug: org, groupName: group.name, location: code });
  const refresh = [
    ['org', org, 'groups'],
    ['org', org, 'databases'],
  ];
  const add = useAction({
    run: async (code: string) => await api.call(addLocationToGroup, { params: paramsOf(code) }),
    refresh,
    done: (_, code) => `Every database of the group has a replica in ${code}.`,
  });
  const remove = useAction({
    run: async (code: string) => await api.call(removeLocationFromGroup, { params: paramsOf(code) }),
    refresh,
    done: (_, code) => `The replicas in ${code} are gone.`,
    isFailureShown: true,
  });
  return (
    <>
      <table className="table">
        <tbody>
          {group.status.locations.map(({ name, status }) => (
            <tr key={name}>
              <td>
                <span className="row">
                  <strong>{name}</strong> <span className="muted">{locations[name]}</span>
                </span>
              </td>
              <td>
                <Badge tone={name === group.primary ? 'accent' : 'plain'}>
                  {name === group.primary ? 'primary' : 'replica'}
                </Badge>
              </td>
              <td>
                <Status tone={status === 'up' ? 'good' : 'danger'}>{status}</Status>
              </td>
              <td className="actions">
                {name !== group.primary && (
                  <Button kind="quiet" onClick={() => setRemoving(name)}>
                    Remove
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {add.isPending && (
        <div role="status">
          <p className="small muted add-location">Copying every database of the group to {add.variables}…</p>
          <div className="progress" />
        </div>
      )}
      {free.length > 0 && (
        <form
          className="add-location"
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate(location);
          }}
        >
          <SelectField label="Add a location" value={location} onChange={(event) => setChosen(event.target.value)}>
            {free.map(([code, description]) => (
              <option key={code} value={code}>
                {description} ({code})
              </option>
            ))}
          </SelectField>
          <Button type="submit" icon="plus" isBusy={add.isPending}>
            Add location
          </Button>
        </form>
      )}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing}?`}
          action="Remove location"
          onConfirm={async () => await remove.mutateAsync(removing)}
          onClose={() => setRemoving(undefined)}
        >
          <p>The replicas there end. Programs that use their addresses get errors from then on.</p>
        </Confirm>
      )}
    </>
  );
}
