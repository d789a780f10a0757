/**
 * The interactive shell: statements over several lines until their semicolon, results as tables, and a few commands
 * with a dot.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

import { splitStatements } from '@skerry/server/sql/split';

import type { Terminal } from '../command.ts';
import { explain } from '../errors.ts';
import { HISTORY_LINES, keepHistory, readHistory } from './history.ts';
import type { SqlSession } from './session.ts';
import { toJson, toTable } from './values.ts';

interface DotCommand {
  readonly help: string;
  /** Resolves with false to leave the shell. */
  run(shell: Shell, argument: string): Promise<boolean>;
}

const DOT_COMMANDS: Readonly<Record<string, DotCommand>> = {
  '.help': {
    help: 'what you are reading',
    async run(shell) {
      const lines = Object.entries(DOT_COMMANDS).map(([name, { help }]) => `${name.padEnd(9)} ${help}\n`);
      shell.print(`${lines.join('')}Statements end with ";". Ctrl+C drops one that is not finished.\n`);
      return await Promise.resolve(true);
    },
  },
  '.tables': {
    help: 'tables and views',
    run: async (shell) =>
      await shell.execute(
        "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
      ),
  },
  '.schema': {
    help: 'statements that made the tables; of one table: .schema <table>',
    run: async (shell, argument) => await shell.printSchema(argument),
  },
  '.read': {
    help: 'run the statements of a file: .read <file>',
    run: async (shell, argument) => await shell.execute(await readFile(argument, 'utf8')),
  },
  '.quit': {
    help: 'leave (also Ctrl+D)',
    run: async () => await Promise.resolve(false),
  },
};

export class Shell {
  readonly #session: SqlSession;
  readonly #database: string;
  readonly #terminal: Terminal;

  constructor(session: SqlSession, database: string, terminal: Terminal) {
    this.#session = session;
    this.#database = database;
    this.#terminal = terminal;
  }

  /** Resolves when the person leaves. */
  async run(): Promise<void> {
    const { input, output, environment } = this.#terminal;
    let history = await readHistory(environment);
    const lines = createInterface({ input, output, terminal: true, history, historySize: HISTORY_LINES });
    lines.on('history', (latestFirst: string[]) => (history = [...latestFirst]));
    this.print(`Connected to ${this.#database}. .help lists commands, .quit leaves.\n`);
    // Lines that came before the end of the input are still run after it.
    let isClosed = false;
    lines.on('close', () => (isClosed = true));
    let pending = '';
    const prompt = (): void => {
      if (isClosed) {
        return;
      }
      lines.setPrompt(pending !== '' ? '   ...> ' : this.#session.inTransaction ? 'skerry*> ' : 'skerry> ');
      lines.prompt();
    };
    lines.on('SIGINT', () => {
      pending = '';
      this.print('\n');
      prompt();
    });
    prompt();
    for await (const line of lines) {
      const isDot = pending === '' && line.startsWith('.');
      const goesOn = await this.#attempt(async () => {
        if (isDot) {
          return await this.#dot(line);
        }
        const { statements, rest } = splitStatements(`${pending}${line}\n`);
        pending = rest.trim() === '' ? '' : rest;
        return await this.execute(statements.map((statement) => `${statement}\n;`).join('\n'));
      });
      if (!goesOn) {
        break;
      }
      prompt();
    }
    lines.close();
    await keepHistory(environment, history);
  }

  print(text: string): void {
    this.#terminal.out(text);
  }

  /** Runs statements, up to the last semicolon, and prints their results. */
  async execute(sql: string): Promise<boolean> {
    for (const statement of splitStatements(`${sql}\n;`).statements) {
      this.print(toTable(toJson(await this.#session.run(statement))));
    }
    return true;
  }

  async printSchema(table: string): Promise<boolean> {
    const condition = table === '' ? '' : ` AND tbl_name = '${table.replaceAll("'", "''")}' COLLATE NOCASE`;
    const { rows } = await this.#session.run(
      `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL${condition} ORDER BY rowid`,
    );
    this.print(rows.map(([sql]) => (typeof sql === 'string' ? `${sql};\n` : '')).join(''));
    return true;
  }

  async #dot(line: string): Promise<boolean> {
    const [name = '', ...rest] = line.trim().split(/\s+/);
    const command = Object.hasOwn(DOT_COMMANDS, name) ? DOT_COMMANDS[name] : undefined;
    if (command === undefined) {
      this.#terminal.err(`There is no command ${name}; .help lists them.\n`);
      return true;
    }
    return await command.run(this, rest.join(' '));
  }

  /** A failed statement is told, and the shell goes on. */
  async #attempt(work: () => Promise<boolean>): Promise<boolean> {
    try {
      return await work();
    } catch (error) {
      this.#terminal.err(explain(error).text);
      return true;
    }
  }
}
