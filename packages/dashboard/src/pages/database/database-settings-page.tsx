import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function DatabaseSettingsPage(): ReactNode {
  return <PageHead title="Settings" />;
}
