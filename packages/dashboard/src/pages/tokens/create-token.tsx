import { createApiToken } from '@skerry/contract/operations/api-tokens';
import { SCOPES } from '@skerry/contract/operations/authority';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { groupsQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
import { Secret } from '../../ui/secret.tsx';

/** What the token counts for: `all`, `org`, or a group's name after `group:`. */
type Reach = string;

export function CreateToken({ org, onClose }: { readonly org: string; readonly onClose: () => void }): ReactNode {
  const { api } = useApp();
  const groups = useQuery(groupsQuery(api, org));
  const [name, setName] = useState('');
  const [reach, setReach] = useState<Reach>('all');
  const [scopes, setScopes] = useState<readonly string[]>(['read']);
  const group = reach.startsWith('group:') ? reach.slice('group:'.length) : undefined;
  const create = useAction({
    run: async () =>
      await api.call(createApiToken, {
        params: { tokenName: name.trim() },
        body: {
          ...(reach === 'all' ? {} : { organization: org }),
          ...(group === undefined ? {} : { group, scopes: [...scopes] }),
        },
      }),
    refresh: [['api-tokens'], ['org', org, 'api-tokens']],
    isFailureShown: true,
  });
  if (create.data !== undefined) {
    return (
      <Dialog title={`Token ${create.data.name}`} onClose={onClose}>
        <div className="stack-tight">
          <Secret value={create.data.token} />
          <div className="dialog-actions">
            <Button kind="primary" onClick={onClose}>
              Done
            </Button>
          </div>
        </div>
      </Dialog>
    );
  }
  return (
    <FormDialog
      title="New API token"
      submit="Make token"
      isBusy={create.isPending}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextField
        label="Name"
        value={name}
        autoFocus
        required
        error={create.error === null ? undefined : messageOf(create.error)}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField label="Counts for" value={reach} onChange={(event) => setReach(event.target.value)}>
        <option value="all">Everything that you may do</option>
        <option value="org">{org} only</option>
        {(groups.data ?? []).map((option) => (
          <option key={option.uuid} value={`group:${option.name}`}>
            The group {option.name} of {org} only
          </option>
        ))}
      </SelectField>
      {group !== undefined && (
        <fieldset className="scopes">
          <legend>May</legend>
          {SCOPES.map((scope) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={(event) =>
                  setScopes(
                    event.target.checked ? [...scopes, scope] : scopes.filter((candidate) => candidate !== scope),
                  )
                }
              />
              <code>{scope}</code>
            </label>
          ))}
        </fieldset>
      )}
    </FormDialog>
  );
}
