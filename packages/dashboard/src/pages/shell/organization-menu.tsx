import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { organizationsQuery } from '../../data/queries.ts';
import { Icon } from '../../ui/icons.tsx';
import { Menu } from '../../ui/menu.tsx';
import { CreateOrganization } from './create-organization.tsx';

export function OrganizationMenu({ org }: { readonly org: string }): ReactNode {
  const { api } = useApp();
  const { data = [] } = useQuery(organizationsQuery(api));
  const [isCreating, setIsCreating] = useState(false);
  return (
    <>
      <Menu
        label={`Organization: ${org}`}
        triggerClassName="switcher"
        trigger={
          <>
            <span>{org}</span>
            <Icon name="chevron" />
          </>
        }
      >
        {data.map(({ slug, type }) => (
          <Link key={slug} role="menuitem" to="/o/$org" params={{ org: slug }}>
            {slug === org ? <Icon name="check" /> : <span className="menu-space" />}
            <span>{slug}</span>
            {type === 'personal' && <span className="muted">personal</span>}
          </Link>
        ))}
        <hr />
        <button type="button" role="menuitem" onClick={() => setIsCreating(true)}>
          <Icon name="plus" /> New organization
        </button>
      </Menu>
      {isCreating && <CreateOrganization onClose={() => setIsCreating(false)} />}
    </>
  );
}
