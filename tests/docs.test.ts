/**
 * What the pages say must be there: files they link to, commands and options they name.
 */
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { SKERRY } from '../packages/cli/src/commands/all.ts';
import { CLIENT_VARIABLES } from '../packages/cli/src/options/client.ts';
import { flagOf, SERVER_OPTIONS, variableOf } from '../packages/cli/src/options/table.ts';

const root = path.resolve(import.meta.dirname, '..');
const pages = await pagesOfRepository();

test('there are pages to check', () => {
  expect(pages.map(({ name }) => name)).toEqual(expect.arrayContaining(['README.md', 'docs/operations.md']));
});

test('every link to a file leads to one', () => {
  const broken = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(path.join(root, path.dirname(name), target)))
      .map((target) => `${name}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('every command that a page shows exists', () => {
  const names = SKERRY.commands.map(({ name }) => name);
  const nouns = Object.keys(SKERRY.nouns);
  const unknown = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/(?:^|[`"(]) *skerry ((?:[a-z-]+ ?)+)/gm)]
      .map(([, words = '']) => words.trim())
      .filter((words) => ![...names, ...nouns].some((known) => `${words} `.startsWith(`${known} `)))
      .map((words) => `${name}: skerry ${words}`),
  );
  expect(unknown).toEqual([]);
});

test('every variable that a page names exists', () => {
  const known = new Set([
    ...Object.keys(SERVER_OPTIONS).map(variableOf),
    ...Object.values<string>(CLIENT_VARIABLES),
    // Of the tests: vitest.config.ts.
    'SKERRY_FUZZ_SEED',
  ]);
  const unknown = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/\bSKERRY_[A-Z_]+[A-Z]\b/g)]
      .filter(([variable]) => !known.has(variable))
      .map(([variable]) => `${name}: ${variable}`),
  );
  expect(unknown).toEqual([]);
});

test('every flag in the pages on options exists', () => {
  const flags = new Set([
    ...Object.keys(SERVER_OPTIONS).map(flagOf),
    ...SKERRY.commands.flatMap((command) => command.flags.map(({ name }) => flagOf(name))),
    '--help',
  ]);
  const unknown = pages
    .filter(({ name }) => /operations|addresses|options|commands/.test(name))
    .flatMap(({ name, text }) =>
      [...text.matchAll(/`(--[a-z][a-z-]+)/g)]
        .filter(([, flag = '']) => !flags.has(flag))
        .map(([, flag = '']) => `${name}: ${flag}`),
    );
  expect(unknown).toEqual([]);
});

test('every test that the page on public reports names is in its file', () => {
  const page = readFileSync(path.join(root, 'tests/public-reports.md'), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| \[B\d/.test(line));
  const named = rows.flatMap((row) => [...row.matchAll(/`([^`]+\.test\.ts)`: (.+?)(?=<br>| *\|$)/g)]);
  expect(rows.filter((row) => !/`[^`]+\.test\.ts`: /.test(row))).toEqual([]);
  const missing = named.filter(([, file = '', title = '']) => {
    const source = path.join(root, file);
    return !existsSync(source) || !/['"`]/.test(quoteBefore(readFileSync(source, 'utf8'), title));
  });
  expect(missing.map(([name]) => name)).toEqual([]);
  expect(named.length).toBeGreaterThan(rows.length - 1);
});

function quoteBefore(source: string, title: string): string {
  return source.charAt(source.indexOf(title) - 1);
}

async function pagesOfRepository(): Promise<{ name: string; text: string }[]> {
  const found: { name: string; text: string }[] = [];
  for (const pattern of ['*.md', 'docs/**/*.md', 'examples/*.md', 'tests/*.md']) {
    for await (const name of glob(pattern, { cwd: root })) {
      found.push({ name: name.replaceAll(path.sep, '/'), text: readFileSync(path.join(root, name), 'utf8') });
    }
  }
  return found;
}
