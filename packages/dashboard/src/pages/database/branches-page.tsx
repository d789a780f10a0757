import { createDatabase } from '@skerry/contract/operations/databases';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { databaseQuery, databasesQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { type Branch, branchTree } from '../../lib/branches.ts';
import { formatAge } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';
import { RestorePanel } from './restore-panel.tsx';

export function BranchesPage(): ReactNode {
  const { org, database } = useParams({ from: '/signed-in/o/$org/databases/$database/branches' });
  const { api } = useApp();
  const databases = useQuery(databasesQuery(api, org));
  return (
    <div className="columns">
      <Panel title="Branches">
        <Loaded query={databases}>
          {(all) => {
            const tree = branchTree(all, database);
            return tree === undefined ? null : (
              <div className="tree">
                <ul>
                  <BranchItem org={org} here={database} branch={tree} />
                </ul>
              </div>
            );
          }}
        </Loaded>
      </Panel>
      <div className="stack">
        <NewBranch key={database} org={org} database={database} />
        <RestorePanel key={`${database} restore`} org={org} database={database} />
      </div>
    </div>
  );
}

function BranchItem({
  org,
  here,
  branch,
}: {
  readonly org: string;
  readonly here: string;
  readonly branch: Branch;
}): ReactNode {
  return (
    <li>
      <span className="tree-row">
        <Link
          className={branch.name === here ? 'tree-here' : ''}
          aria-current={branch.name === here ? 'true' : undefined}
          to="/o/$org/databases/$database/branches"
          params={{ org, database: branch.name }}
        >
          {branch.name}
        </Link>
        {branch.branchedAt !== undefined && (
          <span className="small muted">{formatAge(branch.branchedAt, Date.now())}</span>
        )}
      </span>
      {branch.children.length > 0 && (
        <ul>
          {branch.children.map((child) => (
            <BranchItem key={child.name} org={org} here={here} branch={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

function NewBranch({ org, database }: { readonly org: string; readonly database: string }): ReactNode {
  const { api } = useApp();
  const [name, setName] = useState('');
  const info = useQuery(databaseQuery(api, org, database));
  const create = useAction({
    run: async () =>
      await api.call(createDatabase, {
        params: { organizationSlug: org },
        body: { name: name.trim(), group: info.data?.group, seed: { type: 'database', name: database } },
      }),
    refresh: [['org', org]],
    done: (answer) => `${answer.database.Name} was branched from ${database}.`,
    after: () => setName(''),
    isFailureShown: true,
  });
  return (
    <Panel title="New branch">
      <form
        className="stack-tight"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextField
          label="Name"
          hint={`A database with all that ${database} has now; what is written to one is not seen in the other.`}
          required
          value={name}
          error={create.error === null ? undefined : messageOf(create.error)}
          onChange={(event) => {
            create.reset();
            setName(event.target.value);
          }}
        />
        <div className="row">
          <Button type="submit" kind="primary" icon="branch" isBusy={create.isPending}>
            Create branch
          </Button>
        </div>
      </form>
    </Panel>
  );
}
