import './menu.css';
import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';

export interface MenuProps {
  /** For screen readers, when the trigger's content does not say it. */
  readonly label: string;
  readonly trigger: ReactNode;
  readonly children: ReactNode;
  readonly triggerClassName?: string;
  readonly side?: 'start' | 'end';
  readonly isUpward?: boolean;
}

/** A button that opens a list of links and buttons; arrow keys move in it, Escape and a click elsewhere close it. */
export function Menu({
  label,
  trigger,
  children,
  triggerClassName = '',
  side = 'start',
  isUpward = false,
}: MenuProps): ReactNode {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const items = [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
    if (step !== 0 && items.length > 0) {
      event.preventDefault();
      const at = items.indexOf(document.activeElement as HTMLElement);
      items[(at + step + items.length) % items.length]?.focus();
    }
  };
  return (
    <div className="menu">
      <button
        type="button"
        className={`menu-trigger ${triggerClassName}`}
        popoverTarget={id}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
      >
        {trigger}
      </button>
      <div
        id={id}
        ref={list}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        className={`menu-list menu-${side} ${isUpward ? 'menu-up' : ''}`}
        onKeyDown={move}
        onClick={(event) => {
          if ((event.target as HTMLElement).closest('[role^=menuitem]') !== null) {
            list.current?.hidePopover();
          }
        }}
        onToggle={(event) => {
          setIsOpen(event.newState === 'open');
          if (event.newState === 'open') {
            list.current?.querySelector<HTMLElement>('[role^=menuitem]')?.focus();
          }
        }}
      >
        {children}
      </div>
    </div>
  );
}
