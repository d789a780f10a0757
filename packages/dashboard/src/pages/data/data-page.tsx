import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function DataPage(): ReactNode {
  return <PageHead title="Data" />;
}
