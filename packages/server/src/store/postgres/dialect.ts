/**
 * Kysely over PostgreSQL, made to behave as the SQLite store does, so that what is written for one holds on both:
 *
 * - A transaction that may write holds one lock of the whole store from its first statement on, in every process that
 *   shares the store. So two never see the same free name, and none is ever refused for a conflict. A control plane
 *   writes little; what is read outside of a transaction waits for nobody. A transaction set `read only` reads one
 *   moment and takes no lock.
 * - Text compares byte by byte, whatever the server's locale; a page of names would otherwise have another order.
 * - Integers of 64 bits and sums arrive as numbers. What is counted here stays far below 2^53.
 *
 * @module
 */
import {
  CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Driver,
  PostgresDialect,
  PostgresDriver,
  PostgresQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import type pg from 'pg';

/** The number space of the store's advisory locks of two parts (see session.ts for those of one). */
const WRITE_LOCK = 0x5ce1;

export class StorePostgresDialect extends PostgresDialect {
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool) {
    super({ pool });
    this.#pool = pool;
  }

  override createDriver(): PostgresDriver {
    return new OneWriterDriver({ pool: this.#pool });
  }

  override createQueryCompiler(): PostgresQueryCompiler {
    return new BinaryTextCompiler();
  }
}

class OneWriterDriver extends PostgresDriver implements Driver {
  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await super.beginTransaction(connection, settings);
    if (settings.accessMode === 'read only') {
      return;
    }
    try {
      await connection.executeQuery(
        CompiledQuery.raw(`select pg_advisory_xact_lock(${WRITE_LOCK}, hashtext(current_schema()))`),
      );
    } catch (error) {
      await connection.executeQuery(CompiledQuery.raw('rollback'));
      throw error;
    }
  }
}

class BinaryTextCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node);
    if (node.dataType === 'text') {
      this.append(' collate "C"');
    }
  }
}
