/**
 * `ATTACH <database> AS <alias>`: libSQL names a database of the same group, not a file, and reads it only
 * (sqld's `program.rs`). Which names stand for which file is the scope's to say.
 *
 * @module
 */
import { pathToFileURL } from 'node:url';

import { forbidden } from './authorizer.ts';
import { statementWords, tokens } from './lexer.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Scope } from './statement.ts';
import { lowerCase } from './table-names.ts';

/** What a stream may say although it has something attached that the caller may not read. */
const LEAVING = new Set(['DETACH', 'COMMIT', 'END', 'ROLLBACK']);

interface Attachment {
  readonly name: string;
  readonly alias: string;
}

/** Undefined for any other text, also for an ATTACH of a string or an expression: the policy refuses those. */
function read(sql: string): Attachment | undefined {
  if (!/^[\s(]*ATTACH\b/i.test(sql)) {
    return undefined;
  }
  const words: string[] = [];
  for (const token of tokens(sql)) {
    const text = sql.slice(token.start, token.end);
    if (token.kind === 'word') {
      words.push(text);
    } else if (token.kind === 'name') {
      words.push(text.slice(1, -1).replaceAll('""', '"'));
    } else if (token.kind !== 'semicolon') {
      return undefined;
    }
  }
  const [name = '', as, alias = '', ...more] = words.slice(words[1]?.toUpperCase() === 'DATABASE' ? 2 : 1);
  return as?.toUpperCase() === 'AS' && alias !== '' && more.length === 0 ? { name, alias } : undefined;
}

/** @throws {SqlError} when the database may not be attached, or the alias is taken */
function run(connection: PhysicalConnection, { name, alias }: Attachment, scope: Scope): void {
  const path = scope.attachPath(name);
  if (path === undefined) {
    throw forbidden(`AttachRead on ${name}`);
  }
  connection.isChanged = true;
  connection.forgetStatements();
  connection.run(`ATTACH ? AS "${alias.replaceAll('"', '""')}"`, `${pathToFileURL(path).href}?mode=ro`);
  connection.authorizer.attached.set(lowerCase(alias), { name, path });
}

/**
 * A stream may be used with one token after another: what it has attached must be allowed to each.
 *
 * @throws {SqlError} before the statement is compiled, because names and errors tell of what is attached, too
 */
function check({ authorizer: { attached } }: PhysicalConnection, sql: string, scope: Scope): void {
  if (attached.size === 0 || LEAVING.has(statementWords(sql).first)) {
    return;
  }
  for (const { name, path } of attached.values()) {
    if (scope.attachPath(name) !== path) {
      throw forbidden(`AttachRead on ${name}`);
    }
  }
}

/** After a DETACH. */
function forget(connection: PhysicalConnection): void {
  connection.forgetStatements();
  const rows = connection.rows('SELECT name FROM pragma_database_list') as [string][];
  const left = new Set(rows.map(([name]) => lowerCase(name)));
  for (const alias of connection.authorizer.attached.keys()) {
    if (!left.has(alias)) {
      connection.authorizer.attached.delete(alias);
    }
  }
}

export const attach = { read, run, check, forget };
