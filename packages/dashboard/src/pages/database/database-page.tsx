import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function DatabasePage(): ReactNode {
  return <PageHead title="Database" />;
}
