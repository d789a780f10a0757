/**
 * `ATTACH <database> AS <alias>`: libSQL names a database of the same group, not a file, and reads it only
 * (sqld's `program.rs`). Which names stand for which file is the scope's to say.
 *
 * @module
 */
import { pathToFileURL } from 'node:url';

import { forbidden } from './authorizer.ts';
import { tokens } from './lexer.ts';
import type { PhysicalConnection } from './physical-connection.ts';
import type { Scope } from './statement.ts';

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
  connection.run(`ATTACH ? AS "${alias.replaceAll('"', '""')}"`, `${pathToFileURL(path).href}?mode=ro`);
  connection.authorizer.attached.add(alias.toLowerCase());
}

export const attach = { read, run };
