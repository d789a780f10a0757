import { type FormEvent, type ReactNode, useState } from 'react';

import type { Table } from '../../data/schema.ts';
import { type Filter, FILTER_OPERATORS, type FilterOperator } from '../../lib/search.ts';
import { Button, IconButton } from '../../ui/button.tsx';

export interface FilterBarProps {
  readonly table: Table;
  readonly filters: readonly Filter[];
  readonly onChange: (filters: readonly Filter[]) => void;
}

export function FilterBar({ table, filters, onChange }: FilterBarProps): ReactNode {
  const [column, setColumn] = useState(table.columns[0]?.name ?? '');
  const [operator, setOperator] = useState<FilterOperator>('=');
  const [value, setValue] = useState('');
  const needsValue = operator !== 'is null' && operator !== 'is not null';
  const add = (event: FormEvent): void => {
    event.preventDefault();
    onChange([...filters, { column, operator, value: needsValue ? value : '' }]);
    setValue('');
  };
  return (
    <div className="row">
      <form className="filter" onSubmit={add}>
        <select
          className="input"
          aria-label="Column to filter by"
          value={column}
          onChange={(event) => setColumn(event.target.value)}
        >
          {table.columns.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <select
          className="input"
          aria-label="Comparison"
          value={operator}
          onChange={(event) => setOperator(event.target.value as FilterOperator)}
        >
          {FILTER_OPERATORS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {needsValue && (
          <input
            className="input"
            aria-label="Value to compare with"
            placeholder="value"
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        )}
        <Button type="submit">Filter</Button>
      </form>
      {filters.map((filter, index) => (
        <span key={`${filter.column} ${index}`} className="chip">
          {filter.column} {filter.operator} {filter.value}
          <IconButton
            label={`Remove the filter on ${filter.column}`}
            icon="close"
            onClick={() => onChange(filters.toSpliced(index, 1))}
          />
        </span>
      ))}
    </div>
  );
}
