import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function GroupPage(): ReactNode {
  return <PageHead title="Group" />;
}
