import { createAccount, createAccountLink, deleteAccount } from '@skerry/contract/operations/accounts';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { accountsQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { fieldOf } from '../../lib/form.ts';
import { Age } from '../../ui/age.tsx';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { TextField } from '../../ui/field.tsx';
import { Badge, Panel } from '../../ui/panel.tsx';
import { Secret } from '../../ui/secret.tsx';

interface Invitation {
  readonly username: string;
  readonly code: string;
}

const REFRESH = [['accounts']];

/** Everybody on the server. Nobody chooses another's password: a one-time link lets them set it. */
export function AccountPanels(): ReactNode {
  const { api } = useApp();
  const query = useQuery(accountsQuery(api));
  const form = useRef<HTMLFormElement>(null);
  const [shown, setShown] = useState<Invitation>();
  const [leaving, setLeaving] = useState<string>();
  const create = useAction({
    run: async ({ username, email }: { readonly username: string; readonly email: string }) =>
      await api.call(createAccount, { params: {}, body: { username, ...(email === '' ? {} : { email }) } }),
    refresh: REFRESH,
    after: ({ account: { username }, code }) => {
      form.current?.reset();
      setShown({ username, code });
    },
    isFailureShown: true,
  });
  const link = useAction({
    run: async (username: string) => await api.call(createAccountLink, { params: { username } }),
    after: ({ code }, username) => setShown({ username, code }),
  });
  const remove = useAction({
    run: async (username: string) => await api.call(deleteAccount, { params: { username } }),
    refresh: REFRESH,
    done: (_, username) => `${username} has no account any more.`,
    isFailureShown: true,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { currentTarget } = event;
    create.mutate({
      username: fieldOf(currentTarget, 'username').trim(),
      email: fieldOf(currentTarget, 'email').trim(),
    });
  };
  return (
    <>
      <Panel title="Accounts" isFlush>
        <Loaded query={query}>
          {(accounts) => (
            <table className="table">
              <thead>
                <tr>
                  <th>Username</th>
                  <th>E-mail</th>
                  <th>Password</th>
                  <th>Made</th>
                  <th>
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {accounts.map(({ username, email, operator, has_password: hasPassword, created_at: createdAt }) => (
                  <tr key={username}>
                    <td>
                      {username} {operator && <Badge tone="accent">operator</Badge>}
                    </td>
                    <td className="muted">{email}</td>
                    <td>{hasPassword ? 'set' : 'none yet'}</td>
                    <td className="muted">
                      <Age at={createdAt} />
                    </td>
                    <td className="actions">
                      <Button
                        kind="quiet"
                        aria-label={`New link for ${username}`}
                        onClick={() => link.mutate(username)}
                      >
                        New link
                      </Button>
                      {!operator && (
                        <Button kind="quiet" aria-label={`Delete ${username}`} onClick={() => setLeaving(username)}>
                          Delete
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
      <Panel title="New account">
        <div className="stack-tight">
          <form ref={form} className="form-row" onSubmit={submit}>
            <TextField
              label="Username"
              name="username"
              required
              error={create.error === null ? undefined : messageOf(create.error)}
            />
            <TextField label="E-mail address (optional)" name="email" type="email" />
            <Button type="submit" isBusy={create.isPending}>
              Make an account
            </Button>
          </form>
          {shown !== undefined && (
            <>
              <p className="small">
                Hand this link to {shown.username}, who sets a password with it, once and within three days:
              </p>
              <Secret value={`${window.location.origin}/auth/link#code=${encodeURIComponent(shown.code)}`} />
            </>
          )}
        </div>
      </Panel>
      {leaving !== undefined && (
        <Confirm
          title={`Delete ${leaving}?`}
          action="Delete account"
          typed={leaving}
          onConfirm={async () => await remove.mutateAsync(leaving)}
          onClose={() => setLeaving(undefined)}
        >
          <p>Their sessions, API tokens and memberships end at once. An account that owns databases stays.</p>
        </Confirm>
      )}
    </>
  );
}
