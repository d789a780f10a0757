import { createGroup } from '@skerry/contract/operations/groups';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { locationsQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { SelectField, TextField } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';

export function CreateGroup({ org, onClose }: { readonly org: string; readonly onClose: () => void }): ReactNode {
  const { api } = useApp();
  const navigate = useNavigate();
  const { data: locations = {} } = useQuery(locationsQuery(api));
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState('');
  const location = chosen === '' ? (Object.keys(locations)[0] ?? '') : chosen;
  const create = useAction({
    run: async () =>
      await api.call(createGroup, { params: { organizationSlug: org }, body: { name: name.trim(), location } }),
    refresh: [['org', org]],
    isFailureShown: true,
    after: async ({ group }) => {
      onClose();
      await navigate({ to: '/o/$org/groups/$group', params: { org, group: group.name } });
    },
  });
  return (
    <FormDialog
      title="New group"
      submit="Create group"
      isBusy={create.isPending}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextField
        label="Name"
        hint="Databases of a group share its locations and its tokens."
        value={name}
        autoFocus
        required
        error={create.error === null ? undefined : messageOf(create.error)}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField label="Primary location" value={location} onChange={(event) => setChosen(event.target.value)}>
        {Object.entries(locations).map(([code, description]) => (
          <option key={code} value={code}>
            {description} ({code})
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}
