/**
 * How each official client opens a database, as code to copy.
 *
 * @module
 */
export interface ConnectFacts {
  /** Of the bare address, without a trailing slash. */
  readonly origin: string;
  readonly org: string;
  readonly database: string;
  readonly token: string;
}

export interface Snippet {
  readonly name: string;
  readonly install: string;
  readonly code: string;
}

export function snippets({ origin, org, database, token }: ConnectFacts): Snippet[] {
  const address = `${origin}/db/${org}/${database}`;
  return [
    {
      name: '@libsql/client',
      install: 'npm i @libsql/client',
      code: [
        "import { createClient } from '@libsql/client';",
        '',
        'const db = createClient({',
        `  url: '${address}/', // the closing slash matters`,
        `  authToken: '${token}',`,
        '});',
        "console.log((await db.execute('SELECT 1')).rows);",
      ].join('\n'),
    },
    {
      name: 'Serverless',
      install: 'npm i @tursodatabase/serverless',
      code: [
        "import { connect } from '@tursodatabase/serverless';",
        '',
        'const db = connect({',
        `  url: '${address}',`,
        `  authToken: '${token}',`,
        '});',
        "console.log(await (await db.prepare('SELECT 1')).all());",
      ].join('\n'),
    },
    {
      name: 'Drizzle',
      install: 'npm i drizzle-orm @libsql/client',
      code: [
        "import { sql } from 'drizzle-orm';",
        "import { drizzle } from 'drizzle-orm/libsql';",
        '',
        'const db = drizzle({',
        '  connection: {',
        `    url: '${address}/',`,
        `    authToken: '${token}',`,
        '  },',
        '});',
        'console.log(await db.all(sql`SELECT 1`));',
      ].join('\n'),
    },
    {
      name: 'Python',
      install: 'pip install libsql',
      code: [
        'import libsql',
        '',
        'db = libsql.connect(',
        `    database="${address}/",`,
        `    auth_token="${token}",`,
        ')',
        'print(db.execute("SELECT 1").fetchall())',
      ].join('\n'),
    },
    {
      name: 'Go',
      install: 'go get github.com/tursodatabase/libsql-client-go/libsql',
      code: [
        'import (',
        '\t"database/sql"',
        '\t_ "github.com/tursodatabase/libsql-client-go/libsql"',
        ')',
        '',
        `db, err := sql.Open("libsql", "${address}/?authToken=${token}")`,
      ].join('\n'),
    },
    {
      name: 'Turso CLI',
      install: 'The CLI signs in here by itself: turso auth login',
      code: [`export TURSO_API_BASEURL=${origin}`, 'turso auth login', `turso db shell ${database}`].join('\n'),
    },
    {
      name: 'curl',
      install: 'Nothing to install',
      code: [
        `curl ${address}/v2/pipeline \\`,
        `  -H 'Authorization: Bearer ${token}' \\`,
        `  -d '{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}'`,
      ].join('\n'),
    },
  ];
}
