import { createDatabase } from '@skerry/contract/operations/databases';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { groupsQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';

export function CreateDatabase({ org, onClose }: { readonly org: string; readonly onClose: () => void }): ReactNode {
  const { api } = useApp();
  const navigate = useNavigate();
  const groups = useQuery(groupsQuery(api, org));
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState('');
  const group = chosen === '' ? (groups.data?.[0]?.name ?? '') : chosen;
  const create = useAction({
    run: async () =>
      await api.call(createDatabase, { params: { organizationSlug: org }, body: { name: name.trim(), group } }),
    refresh: [['org', org]],
    isFailureShown: true,
    after: async ({ database }) => {
      onClose();
      await navigate({ to: '/o/$org/databases/$database', params: { org, database: database.Name } });
    },
  });
  return (
    <Dialog title="New database" onClose={onClose}>
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextField
          label="Name"
          hint="Lower-case letters, digits and dashes."
          value={name}
          autoFocus
          required
          error={create.error === null ? undefined : messageOf(create.error)}
          onChange={(event) => {
            create.reset();
            setName(event.target.value);
          }}
        />
        <SelectField label="Group" value={group} onChange={(event) => setChosen(event.target.value)}>
          {(groups.data ?? []).map(({ name: option, locations }) => (
            <option key={option} value={option}>
              {option} ({locations.join(', ')})
            </option>
          ))}
        </SelectField>
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={create.isPending}>
            Create database
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
