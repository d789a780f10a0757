import { signOut } from '@skerry/contract/operations/sessions';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';

import { useApp } from '../../app-context.ts';
import { userQuery } from '../../data/queries.ts';
import { chooseTheme, chosenTheme, type Theme, THEMES } from '../../lib/theme.ts';
import { Icon } from '../../ui/icons.tsx';
import { Menu } from '../../ui/menu.tsx';

const THEME_NAMES: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function UserMenu({ org }: { readonly org: string }): ReactNode {
  const { api, session, databases, queryClient } = useApp();
  const navigate = useNavigate();
  const { data: user } = useQuery(userQuery(api));
  const [theme, setTheme] = useState(chosenTheme);
  const leave = async (): Promise<void> => {
    await api.call(signOut, { params: {} }).catch(() => undefined);
    session.forget();
    databases.forget();
    await navigate({ to: '/sign-in' });
    queryClient.clear();
  };
  return (
    <div className="shell-user">
      <Menu
        label="You and this page"
        triggerClassName="user-menu"
        isUpward
        trigger={
          <>
            <span className="avatar" aria-hidden="true">
              {user?.username.slice(0, 1)}
            </span>
            <span className="nav-name">{user?.username}</span>
          </>
        }
      >
        <p className="menu-heading">Appearance</p>
        {THEMES.map((choice) => (
          <button
            key={choice}
            type="button"
            role="menuitemradio"
            aria-checked={theme === choice}
            onClick={() => {
              chooseTheme(choice);
              setTheme(choice);
            }}
          >
            {theme === choice ? <Icon name="check" /> : <span className="menu-space" />}
            {THEME_NAMES[choice]}
          </button>
        ))}
        <hr />
        <Link role="menuitem" to="/o/$org/account" params={{ org }}>
          <span className="menu-space" /> Your account
        </Link>
        <a role="menuitem" href="/v1/openapi.json" target="_blank" rel="noreferrer">
          <span className="menu-space" /> API description
        </a>
        <button type="button" role="menuitem" onClick={() => void leave()}>
          <span className="menu-space" /> Sign out
        </button>
      </Menu>
    </div>
  );
}
