/**
 * A statement that can be undone after it has run, in a transaction as well as outside of one.
 *
 * @module
 */
import type { PhysicalConnection } from './physical-connection.ts';

/**
 * @param run undefined when what it did shall be undone
 * @throws what `run` throws: SQLite has then undone what belongs to that error, and no more is undone here
 */
export function undoable<Result>(physical: PhysicalConnection, run: () => Result | undefined): Result | undefined {
  const isOutermost = !physical.db.isTransaction;
  physical.run('SAVEPOINT skerry');
  try {
    const result = run();
    if (result === undefined) {
      physical.run('ROLLBACK TO skerry');
    }
    return result;
  } finally {
    // An error may have ended the whole transaction.
    if (physical.db.isTransaction) {
      release(physical, isOutermost);
    }
  }
}

/** Outside a transaction this commits, and may fail: for a foreign key that is checked only then. */
function release(physical: PhysicalConnection, isOutermost: boolean): void {
  try {
    physical.run('RELEASE skerry');
  } finally {
    if (isOutermost && physical.db.isTransaction) {
      physical.run('ROLLBACK');
    }
  }
}
