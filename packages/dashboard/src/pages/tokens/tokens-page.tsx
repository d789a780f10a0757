import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function TokensPage(): ReactNode {
  return <PageHead title="Tokens" />;
}
