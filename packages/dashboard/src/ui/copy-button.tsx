import { type ReactNode, useState } from 'react';

import { Button } from './button.tsx';

const SHOWN_MS = 1600;

/** Copies a text, and says that it did. */
export function CopyButton({ text, label = 'Copy' }: { readonly text: string; readonly label?: string }): ReactNode {
  const [isDone, setIsDone] = useState(false);
  const copy = async (): Promise<void> => {
    await copyText(text);
    setIsDone(true);
    setTimeout(() => setIsDone(false), SHOWN_MS);
  };
  return (
    <Button kind="quiet" icon={isDone ? 'check' : 'copy'} onClick={() => void copy()}>
      {isDone ? 'Copied' : label}
    </Button>
  );
}

/** Browsers keep the clipboard for pages that came over TLS or from this machine; elsewhere the old way is left. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
