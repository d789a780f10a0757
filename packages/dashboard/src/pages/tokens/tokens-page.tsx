import { revokeApiToken } from '@skerry/contract/operations/api-tokens';
import { revokeOrganizationApiToken } from '@skerry/contract/operations/organization-api-tokens';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { apiTokensQuery, organizationTokensQuery } from '../../data/queries.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { Badge, Empty, PageHead, Panel } from '../../ui/panel.tsx';
import { CreateToken } from './create-token.tsx';

/** API tokens: yours, which count wherever you do, and those for this organization alone. */
export function TokensPage(): ReactNode {
  const { org } = useParams({ from: '/signed-in/o/$org/tokens' });
  const { api } = useApp();
  const mine = useQuery(apiTokensQuery(api));
  const ofOrganization = useQuery(organizationTokensQuery(api, org));
  const [isCreating, setIsCreating] = useState(false);
  const [ending, setEnding] = useState<{ readonly name: string; readonly run: () => Promise<unknown> }>();
  const refresh = [['api-tokens'], ['org', org, 'api-tokens']];
  const end = useAction({
    run: async (work: () => Promise<unknown>) => await work(),
    refresh,
    done: () => 'The token has ended.',
    isFailureShown: true,
  });
  return (
    <div className="stack">
      <PageHead
        title="API tokens"
        lead="For programs that manage databases. To open a database, make a database token on its page."
        actions={
          <Button kind="primary" icon="plus" onClick={() => setIsCreating(true)}>
            New API token
          </Button>
        }
      />
      <Panel title="Yours" isFlush>
        <Loaded query={mine}>
          {(tokens) =>
            tokens.length === 0 ? (
              <Empty title="You have no API tokens" />
            ) : (
              <TokenTable
                rows={tokens.map((token) => ({ ...token, owner: undefined }))}
                onEnd={({ name }) =>
                  setEnding({ name, run: async () => await api.call(revokeApiToken, { params: { tokenName: name } }) })
                }
              />
            )
          }
        </Loaded>
      </Panel>
      <Panel title={`For ${org} alone`} isFlush>
        <Loaded query={ofOrganization}>
          {(tokens) =>
            tokens.length === 0 ? (
              <Empty title="None is restricted to this organization" />
            ) : (
              <TokenTable
                rows={tokens.map((token) => ({ ...token, owner: token.owner.username }))}
                onEnd={({ name, id }) =>
                  setEnding({
                    name,
                    run: async () =>
                      await api.call(revokeOrganizationApiToken, { params: { organizationSlug: org, tokenId: id } }),
                  })
                }
              />
            )
          }
        </Loaded>
      </Panel>
      {isCreating && <CreateToken org={org} onClose={() => setIsCreating(false)} />}
      {ending !== undefined && (
        <Confirm
          title={`End the token ${ending.name}?`}
          action="End token"
          onConfirm={async () => await end.mutateAsync(ending.run)}
          onClose={() => setEnding(undefined)}
        >
          <p>Programs that use it are refused at once.</p>
        </Confirm>
      )}
    </div>
  );
}

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly organization?: string | undefined;
  readonly group?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly created_at: string;
  readonly owner: string | undefined;
}

function TokenTable({
  rows,
  onEnd,
}: {
  readonly rows: readonly TokenRow[];
  readonly onEnd: (token: TokenRow) => void;
}): ReactNode {
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Name</th>
          <th>Counts for</th>
          <th>Made</th>
          <th>
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((token) => (
          <tr key={token.id}>
            <td>
              {token.name} {token.owner !== undefined && <span className="muted">of {token.owner}</span>}
            </td>
            <td>
              <span className="row">
                {token.organization === undefined ? (
                  <Badge>everything of yours</Badge>
                ) : (
                  <Badge tone="accent">
                    {token.organization}
                    {token.group !== undefined && ` / ${token.group}`}
                  </Badge>
                )}
                {token.scopes?.map((scope) => (
                  <Badge key={scope}>{scope}</Badge>
                ))}
              </span>
            </td>
            <td className="muted">{token.created_at}</td>
            <td className="actions">
              <Button kind="quiet" onClick={() => onEnd(token)}>
                End
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
