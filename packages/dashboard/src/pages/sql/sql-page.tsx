import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function SqlPage(): ReactNode {
  return <PageHead title="SQL" />;
}
