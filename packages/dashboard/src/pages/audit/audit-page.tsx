import type { ReactNode } from 'react';

import { PageHead } from '../../ui/panel.tsx';

export function AuditPage(): ReactNode {
  return <PageHead title="Audit" />;
}
