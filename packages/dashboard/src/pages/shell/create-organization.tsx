import { createOrganization } from '@skerry/contract/operations/organizations';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';

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
    <Dialog title="New organization" onClose={onClose}>
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
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
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" isBusy={create.isPending}>
            Create organization
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
