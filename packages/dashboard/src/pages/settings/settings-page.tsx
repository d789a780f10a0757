import { deleteOrganization } from '@skerry/contract/operations/organizations';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { organizationsQuery } from '../../data/queries.ts';
import { useAction } from '../../data/use-action.ts';
import { Button } from '../../ui/button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Loaded } from '../../ui/failure.tsx';
import { PageHead, Panel } from '../../ui/panel.tsx';
import { DeletedPanel } from './deleted-panel.tsx';
import { JwksPanel } from './jwks-panel.tsx';

export function SettingsPage(): ReactNode {
  const { org } = useParams({ from: '/signed-in/o/$org/settings' });
  const { api } = useApp();
  const navigate = useNavigate();
  const organizations = useQuery(organizationsQuery(api));
  const [isAsking, setIsAsking] = useState(false);
  const remove = useAction({
    run: async () => {
      await api.call(deleteOrganization, { params: { organizationSlug: org } });
      await navigate({ to: '/' });
    },
    refresh: [['organizations']],
    done: () => `${org} was deleted.`,
    isFailureShown: true,
  });
  return (
    <div className="stack">
      <PageHead title="Settings" lead={`Of the organization ${org}`} />
      <Loaded query={organizations}>
        {(list) => {
          const shown = list.find(({ slug }) => slug === org);
          return (
            shown !== undefined && (
              <>
                <Panel title="Organization">
                  <dl className="facts">
                    <dt>Name</dt>
                    <dd>{shown.slug}</dd>
                    <dt>Kind</dt>
                    <dd>{shown.type === 'personal' ? 'personal: it belongs to one person' : 'team'}</dd>
                    <dt>Id</dt>
                    <dd>
                      <code>{shown.id}</code>
                    </dd>
                    <dt>Platform API</dt>
                    <dd className="row">
                      <code>{`${window.location.origin}/v1/organizations/${shown.slug}`}</code>
                      <CopyButton text={`${window.location.origin}/v1/organizations/${shown.slug}`} />
                    </dd>
                  </dl>
                </Panel>
                <JwksPanel org={org} />
                <DeletedPanel org={org} />
                {shown.type === 'team' && (
                  <Panel title="Danger" tone="danger">
                    <div className="row row-apart">
                      <div>
                        <h3>Delete this organization</h3>
                        <p className="small muted">It must have no databases.</p>
                      </div>
                      <Button kind="danger" icon="trash" onClick={() => setIsAsking(true)}>
                        Delete organization
                      </Button>
                    </div>
                  </Panel>
                )}
              </>
            )
          );
        }}
      </Loaded>
      {isAsking && (
        <Confirm
          title={`Delete ${org}?`}
          action="Delete organization"
          typed={org}
          onConfirm={async () => await remove.mutateAsync()}
          onClose={() => setIsAsking(false)}
        >
          <p>Its members lose it at once. This cannot be undone.</p>
        </Confirm>
      )}
    </div>
  );
}
