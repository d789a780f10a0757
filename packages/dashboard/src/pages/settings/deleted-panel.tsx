import { restoreDatabase } from '@skerry/contract/operations/restore';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { deletedDatabasesQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { TextField } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Empty, Panel } from '../../ui/panel.tsx';

interface Deleted {
  readonly DbId: string;
  readonly Name: string;
}

/** Databases that were deleted and can be brought back, the latest first. */
export function DeletedPanel({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const query = useQuery(deletedDatabasesQuery(api, org));
  const [wanted, setWanted] = useState<Deleted>();
  return (
    <Panel title="Deleted databases" isFlush>
      <Loaded query={query} lines={1}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="None that can be restored" />
          ) : (
            <table className="table">
              <thead>
                <tr>
                  <th>Name</th>
                  <th>Group</th>
                  <th>Deleted</th>
                  <th>Gone for good</th>
                  <th>
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((database) => (
                  <tr key={database.DbId}>
                    <td>{database.Name}</td>
                    <td>{database.group}</td>
                    <td>
                      <Age at={database.deleted_at} />
                    </td>
                    <td>
                      <Age at={database.restorable_until} />
                    </td>
                    <td className="actions">
                      <Button kind="quiet" aria-label={`Restore ${database.Name}`} onClick={() => setWanted(database)}>
                        Restore
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      {wanted !== undefined && <Restore org={org} deleted={wanted} onClose={() => setWanted(undefined)} />}
    </Panel>
  );
}

/** Under its name, or another where somebody took it meanwhile. */
function Restore({
  org,
  deleted,
  onClose,
}: {
  readonly org: string;
  readonly deleted: Deleted;
  readonly onClose: () => void;
}): ReactNode {
  const { api } = useApp();
  const [name, setName] = useState(deleted.Name);
  const restore = useAction({
    run: async () =>
      await api.call(restoreDatabase, {
        params: { organizationSlug: org, deletedDatabaseId: deleted.DbId },
        body: { name: name.trim() },
      }),
    refresh: [['org', org]],
    done: ({ database }) => `${database.Name} is back.`,
    after: onClose,
    isFailureShown: true,
  });
  return (
    <FormDialog
      title={`Restore ${deleted.Name}`}
      submit="Restore database"
      isBusy={restore.isPending}
      onSubmit={() => restore.mutate()}
      onClose={onClose}
    >
      <p className="small muted">It comes back as it was when it was deleted, and its tokens work again.</p>
      <TextField
        label="Name"
        value={name}
        required
        autoFocus
        error={restore.error === null ? undefined : messageOf(restore.error)}
        onChange={(event) => {
          restore.reset();
          setName(event.target.value);
        }}
      />
    </FormDialog>
  );
}
