import './secret.css';
import type { ReactNode } from 'react';

import { CopyButton } from './copy-button.tsx';

/** Something that is shown this once. */
export function Secret({ value }: { readonly value: string }): ReactNode {
  return (
    <div className="secret" role="status">
      <code>{value}</code>
      <div className="row row-apart">
        <span className="small">Copy it now: it is shown this once.</span>
        <CopyButton text={value} />
      </div>
    </div>
  );
}
