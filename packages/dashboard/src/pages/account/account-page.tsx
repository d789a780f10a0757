import { endSession, listSessions, setPassword } from '@skerry/contract/operations/sessions';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef } from 'react';

import { useApp } from '../../app-context.ts';
import { userQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { fieldOf } from '../../lib/form.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { TextField } from '../../ui/field.tsx';
import { Badge, PageHead, Panel } from '../../ui/panel.tsx';

const METHODS = { password: 'password', token: 'API token', link: 'one-time link', oidc: 'another server' } as const;

/** Who you are here: your password, and where you are signed in. */
export function AccountPage(): ReactNode {
  const { api } = useApp();
  const user = useQuery(userQuery(api));
  const sessions = useQuery({
    queryKey: ['sessions'],
    queryFn: async () => (await api.call(listSessions, { params: {} })).sessions,
  });
  const end = useAction({
    run: async (sessionId: string) => await api.call(endSession, { params: { sessionId } }),
    refresh: [['sessions']],
    done: () => 'The session has ended.',
  });
  return (
    <div className="stack">
      <PageHead title="Your account" lead={user.data?.username} />
      <PasswordPanel />
      <Panel title="Signed in" isFlush>
        <Loaded query={sessions}>
          {(list) => (
            <table className="table">
              <thead>
                <tr>
                  <th>Browser</th>
                  <th>From</th>
                  <th>By</th>
                  <th>Last seen</th>
                  <th>
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((session) => (
                  <tr key={session.id}>
                    <td>
                      {browserOf(session.user_agent)} {session.current && <Badge tone="accent">this one</Badge>}
                    </td>
                    <td>{session.address}</td>
                    <td>{METHODS[session.method]}</td>
                    <td>
                      <Age at={session.last_seen_at} />
                    </td>
                    <td className="actions">
                      {!session.current && (
                        <Button kind="danger" onClick={() => end.mutate(session.id)}>
                          End
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
    </div>
  );
}

function PasswordPanel(): ReactNode {
  const { api } = useApp();
  const form = useRef<HTMLFormElement>(null);
  const change = useAction({
    run: async (body: { current_password?: string; new_password: string }) =>
      await api.call(setPassword, { params: {}, body }),
    refresh: [['sessions']],
    done: () => 'Your password is set. All other sessions have ended.',
    after: () => form.current?.reset(),
    isFailureShown: true,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const current = fieldOf(event.currentTarget, 'current');
    change.mutate({
      ...(current === '' ? {} : { current_password: current }),
      new_password: fieldOf(event.currentTarget, 'new'),
    });
  };
  return (
    <Panel title="Password">
      <form ref={form} className="form-row" onSubmit={submit}>
        <TextField
          label="Current password"
          name="current"
          type="password"
          autoComplete="current-password"
          hint="Empty, if you have none yet."
        />
        <TextField
          label="New password"
          name="new"
          type="password"
          autoComplete="new-password"
          required
          hint="At least 10 characters."
          error={change.error === null ? undefined : messageOf(change.error)}
        />
        <Button type="submit" kind="primary" isBusy={change.isPending}>
          Set password
        </Button>
      </form>
    </Panel>
  );
}

/** The browser's name, as far as its own description gives it away. */
function browserOf(userAgent: string): string {
  const [name] = /(?:Firefox|Edg|OPR|Chrome|Version(?=.*Safari)|curl|turso-cli)\/[\d.]+/.exec(userAgent) ?? [];
  return name?.replace('Version', 'Safari').replace('Edg', 'Edge').replace('/', ' ').split('.')[0] ?? userAgent;
}
