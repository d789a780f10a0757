import { ROLES } from '@skerry/contract/operations/authority';
import { deleteOrganizationInviteByEmailV2, inviteOrganizationMemberV2 } from '@skerry/contract/operations/invites';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { invitesQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { fieldOf } from '../../lib/form.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Badge, Panel } from '../../ui/panel.tsx';
import { Secret } from '../../ui/secret.tsx';

/** Pending invites, and a form for a new one, whose link the inviter hands on. */
export function InvitePanel({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const invites = useQuery(invitesQuery(api, org));
  const form = useRef<HTMLFormElement>(null);
  const [role, setRole] = useState('member');
  const refresh = [['org', org, 'invites']];
  const invite = useAction({
    run: async (email: string) =>
      await api.call(inviteOrganizationMemberV2, { params: { organizationSlug: org }, body: { email, role } }),
    refresh,
    after: () => form.current?.reset(),
    isFailureShown: true,
  });
  const withdraw = useAction({
    run: async (email: string) =>
      await api.call(deleteOrganizationInviteByEmailV2, { params: { organizationSlug: org, email } }),
    refresh,
    done: (_, email) => `The invite for ${email} is taken back.`,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    invite.mutate(fieldOf(event.currentTarget, 'email').trim());
  };
  return (
    <Panel title="Invite somebody">
      <div className="stack-tight">
        <form ref={form} className="form-row" onSubmit={submit}>
          <TextField
            label="E-mail address"
            name="email"
            type="email"
            required
            error={invite.error === null ? undefined : messageOf(invite.error)}
          />
          <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value)}>
            {ROLES.filter((name) => name !== 'owner').map((name) => (
              <option key={name}>{name}</option>
            ))}
          </SelectField>
          <Button type="submit" isBusy={invite.isPending}>
            Make an invite
          </Button>
        </form>
        {invite.data !== undefined && (
          <>
            <p className="small">No e-mail is sent. Hand this link to {invite.data.invited.email}:</p>
            <Secret
              value={`${window.location.origin}/auth/link#invite=${encodeURIComponent(invite.data.invited.token)}`}
            />
          </>
        )}
        {(invites.data?.length ?? 0) > 0 && (
          <table className="table">
            <tbody>
              {invites.data?.map((pending) => (
                <tr key={pending.id}>
                  <td>{pending.email}</td>
                  <td>
                    <Badge>{pending.role}</Badge>
                  </td>
                  <td className="muted">
                    <Age at={pending.created_at} />
                  </td>
                  <td className="actions">
                    <Button kind="quiet" onClick={() => withdraw.mutate(pending.email)}>
                      Take back
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </div>
    </Panel>
  );
}
