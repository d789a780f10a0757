import { invalidateDatabaseTokens } from '@skerry/contract/operations/database-tokens';
import { deleteDatabase, updateDatabaseConfiguration } from '@skerry/contract/operations/databases';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { configurationQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { fieldOf } from '../../lib/form.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Switch, TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';

interface Of {
  readonly org: string;
  readonly database: string;
}

export function DatabaseSettingsPage(): ReactNode {
  const { org, database } = useParams({ from: '/signed-in/o/$org/databases/$database/settings' });
  return (
    <div className="stack" key={database}>
      <ConfigurationPanel org={org} database={database} />
      <DangerPanel org={org} database={database} />
    </div>
  );
}

interface Changes {
  readonly block_reads?: boolean;
  readonly block_writes?: boolean;
  readonly delete_protection?: boolean;
  readonly allow_attach?: boolean;
  readonly size_limit?: string;
  readonly allowed_ips?: string[];
}

function ConfigurationPanel({ org, database }: Of): ReactNode {
  const { api } = useApp();
  const query = useQuery(configurationQuery(api, org, database));
  const change = useAction({
    run: async (body: Changes) =>
      await api.call(updateDatabaseConfiguration, {
        params: { organizationSlug: org, databaseName: database },
        body,
      }),
    refresh: [['org', org, 'databases']],
    done: () => 'The configuration was changed.',
    isFailureShown: true,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const addresses = fieldOf(event.currentTarget, 'addresses');
    change.mutate({
      size_limit: fieldOf(event.currentTarget, 'size').trim() || '0',
      allowed_ips: addresses.split(/[\s,]+/).filter((address) => address !== ''),
    });
  };
  return (
    <Panel title="Configuration">
      <Loaded query={query} lines={5}>
        {(configuration) => (
          <div className="stack">
            <Switch
              label="Protect from deletion"
              hint="Deleting it, or its group, is refused."
              isOn={configuration.delete_protection}
              onChange={(isOn) => change.mutate({ delete_protection: isOn })}
            />
            <Switch
              label="Block reads"
              hint="Every query is refused, whatever its token."
              isOn={configuration.block_reads}
              onChange={(isOn) => change.mutate({ block_reads: isOn })}
            />
            <Switch
              label="Block writes"
              hint="Everything that changes data or schema is refused."
              isOn={configuration.block_writes}
              onChange={(isOn) => change.mutate({ block_writes: isOn })}
            />
            <Switch
              label="May be attached"
              hint="Other databases of the group may attach it and read."
              isOn={configuration.allow_attach}
              onChange={(isOn) => change.mutate({ allow_attach: isOn })}
            />
            <form
              className="form-row"
              key={`${configuration.size_limit} ${configuration.allowed_ips.join()}`}
              onSubmit={submit}
            >
              <TextField
                label="Size limit"
                name="size"
                placeholder="none"
                hint="Such as 500MB or 2GB; empty is none."
                defaultValue={/^0?$/.test(configuration.size_limit) ? '' : configuration.size_limit}
              />
              <TextField
                label="Allowed addresses"
                name="addresses"
                placeholder="all"
                hint="IP addresses or networks (10.0.0.0/8); empty lets all in."
                defaultValue={configuration.allowed_ips.join(', ')}
                error={change.error === null ? undefined : messageOf(change.error)}
              />
              <Button type="submit" isBusy={change.isPending}>
                Save
              </Button>
            </form>
          </div>
        )}
      </Loaded>
    </Panel>
  );
}

function DangerPanel({ org, database }: Of): ReactNode {
  const { api, databases } = useApp();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<'tokens' | 'delete'>();
  const params = { organizationSlug: org, databaseName: database };
  const end = useAction({
    run: async () => await api.call(invalidateDatabaseTokens, { params }),
    done: () => 'All tokens of the database have ended.',
    after: () => databases.forget(),
    isFailureShown: true,
  });
  const remove = useAction({
    run: async () => {
      await api.call(deleteDatabase, { params });
      // Before its answers are asked for anew, of which there are none.
      await navigate({ to: '/o/$org', params: { org } });
    },
    done: () => `${database} was deleted.`,
    isFailureShown: true,
    refresh: [
      ['org', org, 'databases'],
      ['usage', org],
      ['org', org, 'audit'],
    ],
  });
  return (
    <Panel title="Danger" tone="danger">
      <div className="stack-tight">
        <div className="row row-apart">
          <div>
            <h3>End all tokens</h3>
            <p className="small muted">Every program that uses this database needs a new token at once.</p>
          </div>
          <Button kind="danger" onClick={() => setAsking('tokens')}>
            End tokens
          </Button>
        </div>
        <div className="row row-apart">
          <div>
            <h3>Delete this database</h3>
            <p className="small muted">Its addresses and tokens end at once, and its name is free again.</p>
          </div>
          <Button kind="danger" icon="trash" onClick={() => setAsking('delete')}>
            Delete database
          </Button>
        </div>
      </div>
      {asking === 'tokens' && (
        <Confirm
          title="End all tokens?"
          action="End tokens"
          onConfirm={async () => await end.mutateAsync()}
          onClose={() => setAsking(undefined)}
        >
          <p>Tokens of its group that exist now no longer open this database either.</p>
        </Confirm>
      )}
      {asking === 'delete' && (
        <Confirm
          title={`Delete ${database}?`}
          action="Delete database"
          typed={database}
          onConfirm={async () => await remove.mutateAsync()}
          onClose={() => setAsking(undefined)}
        >
          <p>Programs that use it are refused from then on.</p>
        </Confirm>
      )}
    </Panel>
  );
}
