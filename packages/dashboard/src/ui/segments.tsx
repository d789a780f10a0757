import type { ReactNode } from 'react';

export interface SegmentsProps<Name extends string> {
  readonly label: string;
  readonly choices: Readonly<Record<Name, string>>;
  readonly value: Name;
  readonly onChange: (value: Name) => void;
}

/** A few choices side by side, one of them taken. */
export function Segments<Name extends string>({ label, choices, value, onChange }: SegmentsProps<Name>): ReactNode {
  return (
    <div className="segments" role="group" aria-label={label}>
      {(Object.entries(choices) as [Name, string][]).map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === value} onClick={() => onChange(name)}>
          {text}
        </button>
      ))}
    </div>
  );
}
