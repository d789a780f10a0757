import { createGroupToken } from '@skerry/contract/operations/database-tokens';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Secret } from '../../ui/secret.tsx';

/** Tokens that open every database of the group. */
export function GroupTokens({ org, group }: { readonly org: string; readonly group: string }): ReactNode {
  const { api } = useApp();
  const [expiration, setExpiration] = useState('7d');
  const [authorization, setAuthorization] = useState('full-access');
  const mint = useAction({
    run: async () =>
      await api.call(createGroupToken, {
        params: { organizationSlug: org, groupName: group },
        query: { expiration, authorization },
      }),
  });
  return (
    <Panel title="Group token">
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          mint.mutate();
        }}
      >
        <p className="small muted">Opens every database of the group, also those made later.</p>
        <div className="form-row">
          <SelectField label="May" value={authorization} onChange={(event) => setAuthorization(event.target.value)}>
            <option value="full-access">Read and write</option>
            <option value="read-only">Read only</option>
          </SelectField>
          <SelectField label="Valid for" value={expiration} onChange={(event) => setExpiration(event.target.value)}>
            <option value="1d">One day</option>
            <option value="7d">One week</option>
            <option value="90d">90 days</option>
            <option value="never">No end</option>
          </SelectField>
        </div>
        <div className="row">
          <Button type="submit" icon="key" isBusy={mint.isPending}>
            Make a token
          </Button>
        </div>
        {mint.data !== undefined && <Secret value={mint.data.jwt} />}
      </form>
    </Panel>
  );
}
