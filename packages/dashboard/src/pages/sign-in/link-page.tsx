import { signInByLink } from '@skerry/contract/operations/sessions';
import { useRouter } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { messageOf } from '../../data/query-client.ts';
import { fieldOf } from '../../lib/form.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/field.tsx';
import { SignInFrame } from './sign-in-frame.tsx';

/** Where a one-time link leads: its code, after `#`, lets somebody set a password and signs them in. */
export function LinkPage(): ReactNode {
  const { api, queryClient } = useApp();
  const router = useRouter();
  const [code] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get('code') ?? '');
  const [error, setError] = useState<string>();
  const [isBusy, setIsBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const password = fieldOf(event.currentTarget, 'password');
    setIsBusy(true);
    try {
      await api.call(signInByLink, { params: {}, body: { code, password } });
      queryClient.clear();
      router.history.replace('/');
    } catch (failure) {
      setError(messageOf(failure));
      setIsBusy(false);
    }
  };
  return (
    <SignInFrame title="Set your password">
      <form className="stack-tight" onSubmit={(event) => void submit(event)}>
        <TextField
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          autoFocus
          required
          hint="At least 10 characters."
          error={code === '' ? 'This link is not complete.' : error}
        />
        <Button type="submit" kind="primary" isBusy={isBusy}>
          Set password and sign in
        </Button>
      </form>
    </SignInFrame>
  );
}
