/**
 * How answers are kept and what happens when there is none: a refused token ends the session, a server that does not
 * answer is asked again, anything else is shown where it was asked for.
 *
 * @module
 */
import { ApiError } from '@skerry/contract/client';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

export function createQueryClient(onSignedOut: () => void, onUnreachable: () => void): QueryClient {
  const onError = (error: Error): void => {
    if (isSignedOut(error)) {
      onSignedOut();
    } else if (isUnreachable(error)) {
      onUnreachable();
    }
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // What the server refused it refuses again.
        retry: false,
        refetchOnWindowFocus: true,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
}

/** The API token, or the session, is not valid any more. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

/** `fetch` throws a TypeError when nobody answered. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof TypeError;
}

export function messageOf(error: unknown): string {
  if (isUnreachable(error)) {
    return 'The server does not answer.';
  }
  return error instanceof Error ? error.message : String(error);
}
