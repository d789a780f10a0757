/** What Node 26 has and the published types do not name yet. https://nodejs.org/api/sqlite.html */
import 'node:sqlite';

declare module 'node:sqlite' {
  interface StatementSync {
    /** A counter of sqlite3_stmt_status. */
    stat(counter: 'fullscanStep' | 'reprepare' | 'vmStep' | 'sort' | 'autoindex' | 'run' | 'memused'): number;
    /** Finalizes the statement. */
    close(): void;
  }
}
