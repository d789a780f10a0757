/**
 * Rules that hold whatever the encoding was.
 *
 * @module
 */
import { HranaDecodeError } from './errors.ts';
import type { BatchCond, SqlSource } from './proto.ts';
import { type Features, unsupported } from './version.ts';

/** Exactly one of the two has to be there. */
export function chooseSqlSource(sql: string | null, sqlId: number | null, features: Features): SqlSource {
  if (sqlId !== null) {
    if (!features.sqlId) {
      throw unsupported('`sql_id`', 2);
    }
    if (sql !== null) {
      throw new HranaDecodeError('violation', 'Either `sql` or `sql_id` are required, but not both');
    }
    return { sqlId };
  }
  if (sql === null) {
    throw new HranaDecodeError('violation', 'Either `sql` or `sql_id` are required');
  }
  return { sql };
}

/** Hands the condition of step `index` back if it looks only at earlier steps. */
export function checkCondition(cond: BatchCond, index: number, features: Features): BatchCond {
  switch (cond.type) {
    case 'ok':
    case 'error':
      if (cond.step >= index) {
        throw new HranaDecodeError('violation', 'Invalid reference to step in a batch condition');
      }
      break;
    case 'not':
      checkCondition(cond.cond, index, features);
      break;
    case 'and':
    case 'or':
      for (const part of cond.conds) {
        checkCondition(part, index, features);
      }
      break;
    case 'is_autocommit':
      if (!features.autocommit) {
        throw unsupported('BatchCond of type `is_autocommit`', 3);
      }
      break;
  }
  return cond;
}
