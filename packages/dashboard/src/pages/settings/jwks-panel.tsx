import { removeJwks } from '@skerry/contract/operations/jwks';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { useApp } from '../../app-context.ts';
import { jwksQuery } from '../../data/queries.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Loaded } from '../../ui/failure.tsx';
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
  return (
    <Panel title="Key sets of other issuers (JWKS)">
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
    </Panel>
  );
}
