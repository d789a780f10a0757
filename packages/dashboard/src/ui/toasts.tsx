import './toasts.css';
import { type ReactNode, useSyncExternalStore } from 'react';

import { IconButton } from './button.tsx';

interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'failed';
  readonly text: string;
}

/** Failures stay until they are closed. */
const DONE_MS = 5000;

/** Short notes of what was done or failed, one list for the whole page. */
export class Toasts {
  #list: readonly Toast[] = [];
  #nextId = 1;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): readonly Toast[] => this.#list;

  done(text: string): void {
    const id = this.#add('done', text);
    setTimeout(() => this.remove(id), DONE_MS);
  }

  failed(text: string): void {
    this.#add('failed', text);
  }

  remove(id: number): void {
    this.#change(this.#list.filter((toast) => toast.id !== id));
  }

  #add(kind: Toast['kind'], text: string): number {
    const id = this.#nextId++;
    this.#change([...this.#list.filter((toast) => toast.text !== text).slice(-3), { id, kind, text }]);
    return id;
  }

  #change(list: readonly Toast[]): void {
    this.#list = list;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

export function ToastList({ toasts }: { readonly toasts: Toasts }): ReactNode {
  const list = useSyncExternalStore(toasts.subscribe, toasts.current);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map(({ id, kind, text }) => (
        <div key={id} className={`toast toast-${kind}`}>
          <span>{text}</span>
          <IconButton label="Close this note" icon="close" onClick={() => toasts.remove(id)} />
        </div>
      ))}
    </div>
  );
}
