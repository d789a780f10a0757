import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { groupsQuery } from '../../data/queries.ts';
import { IconButton } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Panel, Status } from '../../ui/panel.tsx';
import { CreateGroup } from './create-group.tsx';

/** Groups, and whether their locations are well. */
export function GroupList({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const query = useQuery(groupsQuery(api, org));
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Panel
      title="Groups and locations"
      isFlush
      actions={<IconButton label="New group" icon="plus" onClick={() => setIsCreating(true)} />}
    >
      <Loaded query={query} lines={2}>
        {(groups) => (
          <ul>
            {groups.map((group) => (
              <li key={group.uuid} className="group-item">
                <Link to="/o/$org/groups/$group" params={{ org, group: group.name }}>
                  {group.name}
                </Link>
                <span className="places">
                  {group.status.locations.map(({ name, status }) => (
                    <Status key={name} tone={status === 'up' ? 'good' : 'danger'}>
                      {name}
                      {name === group.primary && group.locations.length > 1 && <span className="muted">primary</span>}
                      {status === 'down' && ' is down'}
                    </Status>
                  ))}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {isCreating && <CreateGroup org={org} onClose={() => setIsCreating(false)} />}
    </Panel>
  );
}
