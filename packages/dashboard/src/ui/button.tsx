import './button.css';
import type { ButtonHTMLAttributes, ReactNode } from 'react';

import { Icon, type IconName } from './icons.tsx';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  readonly icon?: IconName;
  /** Shows that the click is being worked on, and takes no second one. */
  readonly isBusy?: boolean;
}

export function Button({ kind = 'plain', icon, isBusy = false, children, ...rest }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={`button button-${kind} ${rest.className ?? ''}`}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy}
    >
      {isBusy ? <span className="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that is only an icon; `label` is what it does. */
export function IconButton({
  label,
  icon,
  ...rest
}: ButtonProps & { readonly label: string; readonly icon: IconName }): ReactNode {
  return <Button kind="quiet" {...rest} icon={icon} aria-label={label} title={label} className="button-icon" />;
}
