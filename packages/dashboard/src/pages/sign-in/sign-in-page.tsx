import './sign-in.css';
import { ApiError } from '@skerry/contract/client';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { userQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import skerry from '../../skerry.svg';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';

const route = getRouteApi('/sign-in');

export function SignInPage(): ReactNode {
  const { api, session, queryClient } = useApp();
  const router = useRouter();
  const { next, reason } = route.useSearch();
  const [token, setToken] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  const signIn = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    session.useToken(token.trim());
    queryClient.clear();
    try {
      await queryClient.fetchQuery(userQuery(api));
      router.history.push(next ?? '/');
    } catch (failure) {
      session.forget();
      setError(
        failure instanceof ApiError && failure.status === 401 ? 'This is no valid API token.' : messageOf(failure),
      );
    }
    setIsBusy(false);
  };

  return (
    <main className="sign-in">
      <div className="sign-in-box">
        <img src={skerry} alt="" width={44} height={44} />
        <h1>Sign in to Skerry</h1>
        {reason === 'expired' && error === undefined && (
          <p className="sign-in-note" role="status">
            Your session has ended. Sign in to carry on where you were.
          </p>
        )}
        <form className="stack-tight" onSubmit={(event) => void signIn(event)}>
          <TextField
            label="API token"
            type="password"
            autoComplete="current-password"
            autoFocus
            required
            value={token}
            error={error}
            onChange={(event) => setToken(event.target.value)}
          />
          <Button type="submit" kind="primary" isBusy={isBusy}>
            Sign in
          </Button>
        </form>
        <div className="sign-in-help">
          <p>
            The first start of the server printed a token and keeps it in <code>data/api-token</code>.
          </p>
          <p>The page holds it in memory only: a reload asks for it again.</p>
        </div>
      </div>
    </main>
  );
}
