import './shell.css';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useParams, useRouterState } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { useLiveEvents } from '../../data/live.ts';
import { groupsQuery, userQuery } from '../../data/queries.ts';
import skerry from '../../skerry.svg';
import { IconButton } from '../../ui/button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { OrganizationMenu } from './organization-menu.tsx';
import { ServerBanner } from './server-banner.tsx';
import { UserMenu } from './user-menu.tsx';

/** Navigation at the side (behind a button on a narrow screen), the view beside it. */
export function Shell(): ReactNode {
  const { org } = useParams({ from: '/signed-in/o/$org' });
  const { api } = useApp();
  const groups = useQuery(groupsQuery(api, org));
  const user = useQuery(userQuery(api));
  useLiveEvents(org);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => setIsOpen(false), [path]);

  return (
    <div className="shell">
      <a className="skip" href="#view">
        Skip to the content
      </a>
      <header className="shell-bar">
        <IconButton label="Navigation" icon="menu" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)} />
        <Link to="/" className="shell-brand">
          <img src={skerry} alt="" width={24} height={24} /> Skerry
        </Link>
      </header>
      <nav className={isOpen ? 'shell-nav shell-nav-open' : 'shell-nav'} aria-label="Main">
        <Link to="/" className="shell-brand shell-brand-side">
          <img src={skerry} alt="" width={26} height={26} /> Skerry
        </Link>
        <OrganizationMenu org={org} />
        <ul className="nav-list">
          <li>
            <Link to="/o/$org" params={{ org }} activeOptions={{ exact: true }}>
              <Icon name="overview" /> Overview
            </Link>
          </li>
          <li>
            <Link to="/o/$org/members" params={{ org }}>
              <Icon name="people" /> Members
            </Link>
          </li>
          <li>
            <Link to="/o/$org/tokens" params={{ org }}>
              <Icon name="key" /> API tokens
            </Link>
          </li>
          <li>
            <Link to="/o/$org/audit" params={{ org }}>
              <Icon name="log" /> Audit log
            </Link>
          </li>
          <li>
            <Link to="/o/$org/settings" params={{ org }}>
              <Icon name="settings" /> Settings
            </Link>
          </li>
          {user.data?.operator === true && (
            <li>
              <Link to="/o/$org/server" params={{ org }}>
                <Icon name="server" /> Server
              </Link>
            </li>
          )}
        </ul>
        <p className="nav-heading">Groups</p>
        <ul className="nav-list">
          {(groups.data ?? []).map(({ name }) => (
            <li key={name}>
              <Link to="/o/$org/groups/$group" params={{ org, group: name }}>
                <Icon name="group" /> <span className="nav-name">{name}</span>
              </Link>
            </li>
          ))}
        </ul>
        <UserMenu org={org} />
      </nav>
      <main id="view" className="shell-view" tabIndex={-1}>
        <ServerBanner />
        <Outlet />
      </main>
    </div>
  );
}
