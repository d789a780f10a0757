import { invalidateGroupTokens } from '@skerry/contract/operations/database-tokens';
import { renameGroup } from '@skerry/contract/operations/group-changes';
import { deleteGroup, type Group, updateGroupConfiguration } from '@skerry/contract/operations/groups';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import type { z } from 'zod';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { fieldOf } from '../../lib/form.ts';
import { plural } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Switch, TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';

interface GroupSettingsProps {
  readonly org: string;
  readonly group: z.output<typeof Group>;
  readonly databases: number;
}

export function GroupSettings({ org, group, databases }: GroupSettingsProps): ReactNode {
  const { api } = useApp();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'tokens' | 'delete'>();
  const params = { organizationSlug: org, groupName: group.name };
  const all = [['org', org]];
  const protect = useAction({
    run: async (isOn: boolean) =>
      await api.call(updateGroupConfiguration, { params, body: { delete_protection: isOn } }),
    refresh: all,
  });
  const rename = useAction({
    run: async (name: string) => {
      await api.call(renameGroup, { params, body: { name } });
      await navigate({ to: '/o/$org/groups/$group', params: { org, group: name }, replace: true });
    },
    refresh: all,
    isFailureShown: true,
  });
  const end = useAction({
    run: async () => await api.call(invalidateGroupTokens, { params }),
    done: () => 'All tokens of the group and of its databases have ended.',
    isFailureShown: true,
  });
  const remove = useAction({
    run: async () => {
      await api.call(deleteGroup, { params });
      await navigate({ to: '/o/$org', params: { org } });
    },
    refresh: all,
    done: () => `${group.name} was deleted.`,
    isFailureShown: true,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    rename.mutate(fieldOf(event.currentTarget, 'name').trim());
  };
  return (
    <Panel title="Settings">
      <div className="stack">
        <form className="row" onSubmit={submit}>
          <TextField
            label="Name"
            name="name"
            required
            defaultValue={group.name}
            error={rename.error === null ? undefined : messageOf(rename.error)}
          />
          <Button type="submit" className="beside-field" isBusy={rename.isPending}>
            Rename
          </Button>
        </form>
        <Switch
          label="Protect from deletion"
          hint="Deleting the group is refused."
          isOn={group.delete_protection}
          onChange={(isOn) => protect.mutate(isOn)}
        />
        <div className="row">
          <Button kind="danger" onClick={() => setAsking('tokens')}>
            End all tokens
          </Button>
          <Button kind="danger" icon="trash" onClick={() => setAsking('delete')}>
            Delete group
          </Button>
        </div>
      </div>
      {asking === 'tokens' && (
        <Confirm
          title="End all tokens of the group?"
          action="End tokens"
          onConfirm={async () => await end.mutateAsync()}
          onClose={() => setAsking(undefined)}
        >
          <p>Every program that uses one of its databases needs a new token at once.</p>
        </Confirm>
      )}
      {asking === 'delete' && (
        <Confirm
          title={`Delete ${group.name}?`}
          action="Delete group"
          typed={group.name}
          onConfirm={async () => await remove.mutateAsync()}
          onClose={() => setAsking(undefined)}
        >
          <p>With it {plural(databases, 'database')} will be deleted.</p>
        </Confirm>
      )}
    </Panel>
  );
}
