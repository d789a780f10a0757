import { createDatabaseToken } from '@skerry/contract/operations/database-tokens';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { useAction } from '../../data/use-action.ts';
import { snippets } from '../../lib/snippets.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { SelectField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Segments } from '../../ui/segments.tsx';

const LIVES = { '1d': 'One day', '7d': 'One week', '90d': '90 days', never: 'No end' } as const;
const RIGHTS = { 'full-access': 'Read and write', 'read-only': 'Read only' } as const;

/** How to open this database from a program, with a token that was made for it. */
export function ConnectPanel({ org, database }: { readonly org: string; readonly database: string }): ReactNode {
  const { api } = useApp();
  const [client, setClient] = useState('@libsql/client');
  const [expiration, setExpiration] = useState<string>('7d');
  const [authorization, setAuthorization] = useState<string>('full-access');
  const mint = useAction({
    run: async () =>
      await api.call(createDatabaseToken, {
        params: { organizationSlug: org, databaseName: database },
        query: { expiration, authorization },
      }),
    done: () => 'The token is in the code below. It is shown this once.',
  });
  const all = snippets({ origin: window.location.origin, org, database, token: mint.data?.jwt ?? 'TOKEN' });
  const shown = all.find(({ name }) => name === client) ?? all[0];
  return (
    <Panel title="Connect">
      <div className="stack-tight">
        <Segments
          label="Client"
          choices={Object.fromEntries(all.map(({ name }) => [name, name]))}
          value={client}
          onChange={setClient}
        />
        <div className="snippet">
          <p className="small muted">{shown?.install}</p>
          <pre tabIndex={0} aria-label="Code">
            {shown?.code}
          </pre>
          <div className="snippet-copy">
            <CopyButton text={shown?.code ?? ''} />
          </div>
        </div>
        <div className="mint-row">
          <SelectField
            label="Token may"
            value={authorization}
            onChange={(event) => setAuthorization(event.target.value)}
          >
            {Object.entries(RIGHTS).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <SelectField label="Valid for" value={expiration} onChange={(event) => setExpiration(event.target.value)}>
            {Object.entries(LIVES).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </SelectField>
          <Button kind="primary" icon="key" isBusy={mint.isPending} onClick={() => mint.mutate()}>
            {mint.data === undefined ? 'Make a token' : 'Make another'}
          </Button>
        </div>
      </div>
    </Panel>
  );
}
