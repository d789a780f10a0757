import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';
import { AccountPanels } from './account-panels.tsx';
import { BackupPanel } from './backup-panel.tsx';

/** For whoever runs the server: the people on it, and its backup off the machine. */
export function ServerPage(): ReactNode {
  return (
    <div className="stack">
      <PageHead title="Server" lead="What only its operator sees" />
      <BackupPanel />
      <AccountPanels />
    </div>
  );
}
