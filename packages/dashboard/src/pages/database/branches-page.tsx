import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function BranchesPage(): ReactNode {
  return <PageHead title="Branches" />;
}
