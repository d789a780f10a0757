import { createOrganization } from '@skerry/contract/operations/organizations';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { TextField } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';

export function CreateOrganization({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { api } = useApp();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const create = useAction({
    run: async () => await api.call(createOrganization, { params: {}, body: { name } }),
    refresh: [['organizations']],
    isFailureShown: true,
    after: async ({ org }) => {
      onClose();
      await navigate({ to: '/o/$org', params: { org: org.slug } });
    },
  });
  return (
    <FormDialog
      title="New organization"
      submit="Create organization"
      isBusy={create.isPending}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextField
        label="Name"
        hint="It is part of its databases' addresses."
        value={name}
        autoFocus
        required
        error={create.error === null ? undefined : messageOf(create.error)}
        onChange={(event) => setName(event.target.value)}
      />
    </FormDialog>
  );
}
