/**
 * Where databases are moved from.
 *
 * @module
 */
import type { Progress } from '../transfer/progress.ts';

export interface SourceGroup {
  readonly name: string;
  /** Location codes of the source; the first is the primary's. */
  readonly locations: readonly string[];
}

export interface SourceDatabase {
  readonly name: string;
  readonly group: string;
}

export interface SourceOrganization {
  readonly slug: string;
  readonly groups: readonly SourceGroup[];
  readonly databases: readonly SourceDatabase[];
}

export interface MovedSettings {
  /** What both sides have; what is absent is left as it is. */
  readonly body: {
    readonly size_limit?: string | undefined;
    readonly allow_attach?: boolean | undefined;
    readonly block_reads?: boolean | undefined;
    readonly block_writes?: boolean | undefined;
    readonly delete_protection?: boolean | undefined;
    readonly allowed_ips?: string[] | undefined;
  };
  /** What a person should know of them. */
  readonly notes: readonly string[];
}

export interface Source {
  list(): Promise<readonly SourceOrganization[]>;
  /** Writes a consistent copy of the database as a SQLite file. */
  copy(organization: string, database: string, file: string, progress: Progress): Promise<void>;
  settings(organization: string, database: string): Promise<MovedSettings>;
}
