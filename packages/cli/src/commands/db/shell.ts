import { text } from 'node:stream/consumers';

import { lastStatement, splitStatements } from '@skerry/server/sql/split';

import { openDatabase } from '../../api/database.ts';
import { UsageError } from '../../errors.ts';
import { SqlSession } from '../../sql/session.ts';
import { Shell } from '../../sql/shell.ts';
import { type JsonResult, toJson, toTable } from '../../sql/values.ts';
import { apiCommand } from '../api-command.ts';
import { DATABASE } from '../arguments.ts';

export const dbShell = apiCommand({
  name: 'db shell',
  summary: 'Run SQL: what is given, what is piped in, or what you type.',
  arguments: [DATABASE, { name: 'sql', help: 'Statements to run; without them the shell opens.', isOptional: true }],
  notes: 'In the shell, .help lists its own commands.',
  async run(given): Promise<JsonResult[]> {
    const { terminal } = given;
    const sql = given.optionalArgument('sql');
    const isInteractive = sql === undefined && terminal.input.isTTY === true;
    if (isInteractive && given.isSet('json')) {
      throw new UsageError('--json needs statements to run.');
    }
    const { url, token } = await openDatabase(given, given.argument('database'));
    using session = new SqlSession(url, token);
    if (isInteractive) {
      await new Shell(session, given.argument('database'), terminal).run();
      return [];
    }
    const { statements, rest } = splitStatements(sql ?? (await text(terminal.input)));
    const last = lastStatement(rest);
    const results: JsonResult[] = [];
    for (const statement of last === undefined ? statements : [...statements, last]) {
      results.push(toJson(await session.run(statement)));
    }
    return results;
  },
  show: (results) =>
    results
      .map(toTable)
      .filter((shown) => shown !== '')
      .join('\n'),
});
