import './sign-in.css';
import { ApiError } from '@skerry/contract/client';
import { getSignInMethods, signIn, signUp } from '@skerry/contract/operations/sessions';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { fieldOf } from '../../lib/form.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { SignInFrame } from './sign-in-frame.tsx';

const route = getRouteApi('/sign-in');

const WAYS = { token: 'API token', password: 'Password', 'sign-up': 'New account' } as const;
type Way = keyof typeof WAYS;

/** Remembered, so that who has a password is not asked for a token each time. */
const WAY_KEY = 'skerry-sign-in';

export function SignInPage(): ReactNode {
  const { api, queryClient } = useApp();
  const router = useRouter();
  const { next, reason } = route.useSearch();
  const methods = useQuery({
    queryKey: ['sign-in-methods'],
    queryFn: async () => await api.call(getSignInMethods, { params: {} }),
  });
  const [way, setWay] = useState<Way>(() => (localStorage.getItem(WAY_KEY) === 'password' ? 'password' : 'token'));
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setIsBusy(true);
    setError(undefined);
    try {
      const credentials = { username: fieldOf(form, 'username').trim(), password: fieldOf(form, 'password') };
      await (way === 'sign-up'
        ? api.call(signUp, { params: {}, body: credentials })
        : api.call(signIn, {
            params: {},
            body: way === 'token' ? { token: fieldOf(form, 'token').trim() } : credentials,
          }));
      localStorage.setItem(WAY_KEY, way === 'token' ? 'token' : 'password');
      queryClient.clear();
      router.history.push(next ?? '/');
    } catch (failure) {
      setError(
        failure instanceof ApiError && failure.status === 401 && way === 'token'
          ? 'This is no valid API token.'
          : messageOf(failure),
      );
    }
    setIsBusy(false);
  };

  const oidc = methods.data?.oidc ?? null;
  const ways: Way[] = methods.data?.sign_up === true ? ['token', 'password', 'sign-up'] : ['token', 'password'];
  return (
    <SignInFrame title="Sign in to Skerry">
      {reason === 'expired' && error === undefined && (
        <p className="sign-in-note" role="status">
          Your session has ended. Sign in to carry on where you were.
        </p>
      )}
      {oidc !== null && (
        <a className="button" href={`${oidc.url}?return_to=${encodeURIComponent(next ?? '/')}`}>
          Sign in with {oidc.name}
        </a>
      )}
      <div className="segments" role="group" aria-label="How to sign in">
        {ways.map((choice) => (
          <button
            key={choice}
            type="button"
            aria-pressed={way === choice}
            onClick={() => {
              setWay(choice);
              setError(undefined);
            }}
          >
            {WAYS[choice]}
          </button>
        ))}
      </div>
      <form key={way} className="stack-tight" onSubmit={(event) => void submit(event)}>
        {way === 'token' ? (
          <TextField
            label="API token"
            name="token"
            type="password"
            autoFocus
            required
            error={error}
            hint={
              <>
                The first start printed one and keeps it in <code>data/api-token</code>.
              </>
            }
          />
        ) : (
          <>
            <TextField label="Username" name="username" autoComplete="username" autoFocus required />
            <TextField
              label="Password"
              name="password"
              type="password"
              autoComplete={way === 'password' ? 'current-password' : 'new-password'}
              required
              error={error}
              hint={way === 'sign-up' ? 'At least 10 characters.' : undefined}
            />
          </>
        )}
        <Button type="submit" kind="primary" isBusy={isBusy}>
          {way === 'sign-up' ? 'Make an account' : 'Sign in'}
        </Button>
      </form>
    </SignInFrame>
  );
}
