import { removeJwks, saveJwks } from '@skerry/contract/operations/jwks';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef } from 'react';

import { useApp } from '../../app-context.ts';
import { jwksQuery } from '../../data/queries.ts';
import { messageOf } from '../../data/query-client.ts';
import { useAction } from '../../data/use-action.ts';
import { fieldOf } from '../../lib/form.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { TextField } from '../../ui/field.tsx';
import { Panel } from '../../ui/panel.tsx';

/** Other issuers whose tokens open databases here: their key sets, by address. */
export function JwksPanel({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const query = useQuery(jwksQuery(api, org));
  const remove = useAction({
    run: async (name: string) => await api.call(removeJwks, { params: { organizationSlug: org, jwksName: name } }),
    refresh: [['org', org, 'jwks']],
    done: (_, name) => `${name} was removed.`,
  });
  const form = useRef<HTMLFormElement>(null);
  const save = useAction({
    run: async ({ name, url }: { readonly name: string; readonly url: string }) =>
      await api.call(saveJwks, { params: { organizationSlug: org, jwksName: name }, body: { jwks_url: url } }),
    refresh: [['org', org, 'jwks']],
    done: (_, { name }) => `Tokens of ${name} are accepted.`,
    after: () => form.current?.reset(),
    isFailureShown: true,
  });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const { currentTarget } = event;
    save.mutate({ name: fieldOf(currentTarget, 'name').trim(), url: fieldOf(currentTarget, 'url').trim() });
  };
  return (
    <Panel title="Key sets of other issuers (JWKS)">
      <div className="stack-tight">
        <Loaded query={query} lines={1}>
          {(sets) =>
            sets.length === 0 ? (
              <p className="small muted">None: only tokens that were made here open the databases.</p>
            ) : (
              <table className="table">
                <tbody>
                  {sets.map((set) => (
                    <tr key={set.jwks_name}>
                      <td>{set.jwks_name}</td>
                      <td className="mono">{set.jwks_url}</td>
                      <td className="actions">
                        <Button kind="quiet" onClick={() => remove.mutate(set.jwks_name)}>
                          Remove
                        </Button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
        <form ref={form} className="form-row" onSubmit={submit}>
          <TextField label="Name" name="name" hint="A set of the same name is replaced." required />
          <TextField
            label="Address of the keys"
            name="url"
            type="url"
            hint="With https; http only on this machine."
            placeholder="https://issuer.example/.well-known/jwks.json"
            required
            error={save.error === null ? undefined : messageOf(save.error)}
          />
          <Button type="submit" isBusy={save.isPending}>
            Accept its tokens
          </Button>
        </form>
      </div>
    </Panel>
  );
}
