import type { ReactNode } from 'react';

import type { PlannedStatement } from '../../lib/edit-plan.ts';
import { plural } from '../../lib/format.ts';
import { Button } from '../../ui/button.tsx';
import { Failure } from '../../ui/failure.tsx';

export interface ChangePreviewProps {
  readonly plan: readonly PlannedStatement[];
  readonly failure: string | undefined;
  readonly isBusy: boolean;
  readonly onCommit: () => void;
  readonly onDiscard: () => void;
}

/** What will run, before it does. */
export function ChangePreview({ plan, failure, isBusy, onCommit, onDiscard }: ChangePreviewProps): ReactNode {
  return (
    <section className="preview" aria-label="Changes to commit">
      <div className="row row-apart">
        <h2>{plural(plan.length, 'change')}, not written yet</h2>
        <div className="row">
          <Button onClick={onDiscard}>Discard</Button>
          <Button kind="primary" isBusy={isBusy} onClick={onCommit}>
            Commit
          </Button>
        </div>
      </div>
      <pre tabIndex={0} aria-label="SQL that will run in one transaction">
        {plan.map(({ preview }) => `${preview};`).join('\n')}
      </pre>
      {failure !== undefined && <Failure error={new Error(`Nothing was written: ${failure}`)} />}
    </section>
  );
}
