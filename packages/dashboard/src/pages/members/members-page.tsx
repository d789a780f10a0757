import { ROLES } from '@skerry/contract/operations/authority';
import { removeOrganizationMember, updateMemberRole } from '@skerry/contract/operations/members';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { membersQuery, userQuery } from '../../data/queries.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Badge, PageHead, Panel } from '../../ui/panel.tsx';
import { InvitePanel } from './invite-panel.tsx';

const MEANINGS = {
  viewer: 'sees everything but tokens',
  member: 'makes and changes databases and groups',
  admin: 'also manages people and settings',
  owner: 'may delete the organization',
} as const;

export function MembersPage(): ReactNode {
  const { org } = useParams({ from: '/signed-in/o/$org/members' });
  const { api } = useApp();
  const members = useQuery(membersQuery(api, org));
  const user = useQuery(userQuery(api));
  const [removing, setRemoving] = useState<string>();
  const paramsOf = (username: string) => ({ organizationSlug: org, username });
  const refresh = [['org', org, 'members']];
  const change = useAction({
    run: async ({ username, role }: { username: string; role: string }) =>
      await api.call(updateMemberRole, { params: paramsOf(username), body: { role } }),
    refresh,
    done: (_, { username, role }) => `${username} is now ${role}.`,
  });
  const remove = useAction({
    run: async (username: string) => await api.call(removeOrganizationMember, { params: paramsOf(username) }),
    refresh,
    done: (_, username) => `${username} is no longer a member.`,
    isFailureShown: true,
  });
  const myRole = members.data?.find(({ username }) => username === user.data?.username)?.role;
  const mayManage = myRole === 'admin' || myRole === 'owner';
  return (
    <div className="stack">
      <PageHead title="Members" lead={`Who may do what in ${org}`} />
      <Panel title="Members" isFlush>
        <Loaded query={members}>
          {(list) => (
            <table className="table">
              <thead>
                <tr>
                  <th>Username</th>
                  <th>E-mail</th>
                  <th>Role</th>
                  <th>
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map(({ username, email, role }) => (
                  <tr key={username}>
                    <td>
                      {username} {username === user.data?.username && <Badge>you</Badge>}
                    </td>
                    <td className="muted">{email}</td>
                    <td>
                      {role === 'owner' || !mayManage ? (
                        <Badge tone={role === 'owner' ? 'accent' : 'plain'}>{role}</Badge>
                      ) : (
                        <select
                          className="input"
                          aria-label={`Role of ${username}`}
                          value={role}
                          onChange={(event) => change.mutate({ username, role: event.target.value })}
                        >
                          {ROLES.filter((name) => name !== 'owner').map((name) => (
                            <option key={name}>{name}</option>
                          ))}
                        </select>
                      )}
                    </td>
                    <td className="actions">
                      {role !== 'owner' && (mayManage || username === user.data?.username) && (
                        <Button kind="quiet" onClick={() => setRemoving(username)}>
                          Remove
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </Loaded>
      </Panel>
      {mayManage && <InvitePanel org={org} />}
      <Panel title="Roles">
        <dl className="facts">
          {ROLES.map((role) => (
            <div key={role} className="facts-row">
              <dt>{role}</dt>
              <dd>{MEANINGS[role]}</dd>
            </div>
          ))}
        </dl>
      </Panel>
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing}?`}
          action="Remove member"
          onConfirm={async () => await remove.mutateAsync(removing)}
          onClose={() => setRemoving(undefined)}
        >
          <p>Their API tokens no longer count in this organization. Database tokens that they made stay valid.</p>
        </Confirm>
      )}
    </div>
  );
}
