/**
 * A change that somebody asked for: busy while it runs, said when it is done, and the lists that it touches read anew.
 *
 * @module
 */
import { useMutation } from '@tanstack/react-query';

import { useApp } from '../app-context.ts';
import { messageOf } from './query-client.ts';

export interface ActionOptions<Input, Output> {
  readonly run: (input: Input) => Promise<Output>;
  /** Keys of answers that are old when this is done. */
  readonly refresh?: readonly (readonly unknown[])[];
  /** What the note says. */
  readonly done?: (output: Output, input: Input) => string;
  readonly after?: (output: Output, input: Input) => unknown;
  /** The view tells a failure itself, beside the field that it is about. */
  readonly isFailureShown?: boolean;
}

export function useAction<Input = void, Output = unknown>(options: ActionOptions<Input, Output>) {
  const { queryClient, toasts } = useApp();
  return useMutation({
    mutationFn: options.run,
    onSuccess: async (output, input) => {
      await Promise.all(
        (options.refresh ?? []).map(async (queryKey) => await queryClient.invalidateQueries({ queryKey })),
      );
      if (options.done !== undefined) {
        toasts.done(options.done(output, input));
      }
      await options.after?.(output, input);
    },
    onError: (error) => {
      if (options.isFailureShown !== true) {
        toasts.failed(messageOf(error));
      }
    },
  });
}
