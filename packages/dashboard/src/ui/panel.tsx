import './panel.css';
import type { ReactNode } from 'react';

export interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  /** Without padding, for tables and lists that reach the edge. */
  readonly isFlush?: boolean;
  readonly tone?: 'danger';
  readonly children: ReactNode;
}

/** A titled part of a view. */
export function Panel({ title, actions, isFlush = false, tone, children }: PanelProps): ReactNode {
  return (
    <section className={`panel ${tone === undefined ? '' : `panel-${tone}`}`} aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        <div className="row">{actions}</div>
      </header>
      <div className={isFlush ? 'panel-body panel-flush' : 'panel-body'}>{children}</div>
    </section>
  );
}

export interface PageHeadProps {
  readonly title: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHead({ title, lead, actions }: PageHeadProps): ReactNode {
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {lead !== undefined && <p className="muted">{lead}</p>}
      </div>
      <div className="row">{actions}</div>
    </header>
  );
}

export type Tone = 'good' | 'warn' | 'danger' | 'accent' | 'plain';

export function Badge({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }): ReactNode {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}

/** A dot and a word: the state of a thing. */
export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  return <span className={`status status-${tone}`}>{children}</span>;
}

/** What stands where a list has nothing yet. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}
