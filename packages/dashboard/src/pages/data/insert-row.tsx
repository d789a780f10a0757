import { type FormEvent, type ReactNode, useState } from 'react';

import type { Table } from '../../data/schema.ts';
import { fieldOf } from '../../lib/form.ts';
import type { Cell } from '../../lib/hrana.ts';
import { numberOr } from '../../lib/sql-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';

export interface InsertRowProps {
  readonly table: Table;
  readonly onInsert: (values: ReadonlyMap<string, Cell>) => void;
  readonly onClose: () => void;
}

/** A form for a new row; what is left empty gets its default. */
export function InsertRow({ table, onInsert, onClose }: InsertRowProps): ReactNode {
  const [columns] = useState(() => table.columns.filter(({ isGenerated }) => !isGenerated));
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = new Map<string, Cell>();
    for (const [index, { name, type }] of columns.entries()) {
      const text = fieldOf(event.currentTarget, `c${index}`);
      if (text !== '') {
        values.set(name, /char|text|clob/i.test(type) ? text : numberOr(text));
      }
    }
    onInsert(values);
    onClose();
  };
  return (
    <Dialog title={`New row in ${table.name}`} onClose={onClose}>
      <form className="stack-tight" onSubmit={submit}>
        {columns.map(({ name, type, isNotNull, defaultValue }, index) => (
          <TextField
            key={name}
            label={`${name}${type === '' ? '' : ` (${type.toLowerCase()})`}`}
            name={`c${index}`}
            placeholder={defaultValue ?? (isNotNull ? '' : 'NULL')}
            autoFocus={index === 0}
          />
        ))}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary">
            Add to the changes
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
