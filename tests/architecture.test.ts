/**
 * The rules of the house that a linter cannot see (CONTRIBUTING.md, "Layers"): which part may import which.
 */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');

/**
 * What the files of a part may import besides themselves and packages from the registry; the longest matching prefix
 * is a file's part. A name that ends in `/` is a folder, others are single files.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/contract/src/': [],
  'packages/hrana/src/': [],
  'packages/dashboard/src/': ['packages/contract/src/'],
  'packages/cli/src/': [
    'packages/contract/src/',
    'packages/server/src/server.ts',
    'packages/server/src/config.ts',
    'packages/server/src/startup-error.ts',
    'packages/server/src/sql/load-dump.ts',
    'packages/server/src/sql/split.ts',
    'packages/server/src/backup/restore.ts',
    'packages/server/src/backup/object-store.ts',
    'packages/server/src/restore-records.ts',
  ],
  'packages/server/src/restore-records.ts': ['packages/server/src/store/'],

  // What both processes share.
  'packages/server/src/relay/': ['packages/contract/src/', 'packages/hrana/src/'],
  'packages/server/src/host/host-options.ts': [],
  'packages/server/src/host/load-dump-options.ts': [],
  'packages/server/src/host/check-upload-options.ts': [],

  // The gateway process.
  'packages/server/src/store/': ['packages/contract/src/', 'packages/server/src/startup-error.ts'],
  'packages/server/src/access/': [
    'packages/contract/src/',
    'packages/server/src/relay/',
    'packages/server/src/platform/directory.ts',
  ],
  'packages/server/src/platform/': [
    'packages/contract/src/',
    'packages/server/src/relay/',
    'packages/server/src/store/',
    'packages/server/src/access/',
    'packages/server/src/placement/engine.ts',
    'packages/server/src/config.ts',
  ],
  'packages/server/src/platform/directory.ts': ['packages/server/src/relay/'],
  'packages/server/src/placement/': [
    'packages/contract/src/',
    'packages/server/src/backup/messages.ts',
    'packages/server/src/backup/object-store.ts',
    'packages/server/src/relay/',
    'packages/server/src/host/host-options.ts',
    'packages/server/src/host/load-dump-options.ts',
    'packages/server/src/host/check-upload-options.ts',
    'packages/server/src/config.ts',
    'packages/server/src/startup-error.ts',
  ],
  'packages/server/src/placement/engine.ts': ['packages/server/src/relay/'],
  'packages/server/src/operating/': ['packages/contract/src/', 'packages/server/src/config.ts'],
  'packages/server/src/gateway/': [
    'packages/contract/src/',
    'packages/hrana/src/',
    'packages/server/src/relay/',
    'packages/server/src/access/',
    'packages/server/src/platform/',
    'packages/server/src/placement/',
    'packages/server/src/operating/',
    'packages/server/src/config.ts',
    'packages/server/src/startup-error.ts',
  ],

  // The backup process, and the command that restores.
  'packages/server/src/backup/': [
    'packages/server/src/files/',
    'packages/server/src/log/',
    'packages/server/src/relay/',
  ],
  'packages/server/src/backup/messages.ts': [
    'packages/server/src/relay/',
    'packages/server/src/backup/object-store.ts',
  ],

  // The host process.
  'packages/server/src/sql/': ['packages/contract/src/', 'packages/hrana/src/', 'packages/server/src/relay/'],
  'packages/server/src/log/': ['packages/server/src/files/'],
  'packages/server/src/files/': ['packages/server/src/relay/'],
  'packages/server/src/copies/': [
    'packages/contract/src/',
    'packages/hrana/src/',
    'packages/server/src/files/',
    'packages/server/src/log/',
    'packages/server/src/relay/',
    'packages/server/src/sql/',
  ],
  'packages/server/src/instances/': [
    'packages/contract/src/',
    'packages/hrana/src/',
    'packages/server/src/files/',
    'packages/server/src/relay/',
    'packages/server/src/sql/',
    'packages/server/src/log/',
    'packages/server/src/copies/',
    'packages/server/src/host/host-options.ts',
  ],
  'packages/server/src/hrana/': [
    'packages/contract/src/',
    'packages/hrana/src/',
    'packages/server/src/files/',
    'packages/server/src/relay/',
    'packages/server/src/sql/',
    'packages/server/src/instances/',
  ],
  'packages/server/src/sync/': [
    'packages/contract/src/',
    'packages/hrana/src/',
    'packages/server/src/files/',
    'packages/server/src/relay/',
    'packages/server/src/sql/',
    'packages/server/src/log/',
    'packages/server/src/copies/',
    'packages/server/src/instances/',
    'packages/server/src/hrana/',
  ],
  'packages/server/src/host/': [
    'packages/contract/src/',
    'packages/hrana/src/',
    'packages/server/src/relay/',
    'packages/server/src/sql/',
    'packages/server/src/files/',
    'packages/server/src/log/',
    'packages/server/src/copies/',
    'packages/server/src/instances/',
    'packages/server/src/hrana/',
    'packages/server/src/sync/',
  ],

  // Small files without a layer, and the one that knows all parts.
  'packages/server/src/config.ts': [],
  'packages/server/src/startup-error.ts': [],
  'packages/server/src/data-dir.ts': ['packages/server/src/startup-error.ts', 'packages/server/src/files/layout.ts'],
  'packages/server/src/sqld-parts.ts': ['packages/server/src/'],
  'packages/server/src/operating-parts.ts': ['packages/server/src/'],
  'packages/server/src/server.ts': ['packages/'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const sources = await filesBelow('packages/*/src/**/*.ts');
const production = sources.filter((file) => !isTest(file));

test('no part imports one above it or beside it', () => {
  const forbidden = production.flatMap(importsOf).filter(({ from, to }) => !isAllowed(from, to));
  expect(forbidden.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});

test('every source file belongs to a part that this test knows', () => {
  expect(production.filter((file) => partOf(file) === undefined)).toEqual([]);
});

test('the check sees imports at all', () => {
  const seen = production.flatMap(importsOf);
  expect(seen).toContainEqual({
    from: 'packages/cli/src/commands/start.ts',
    to: 'packages/server/src/server.ts',
  });
  expect(isAllowed('packages/server/src/sql/connection.ts', 'packages/server/src/hrana/stream.ts')).toBe(false);
  expect(isAllowed('packages/server/src/host/main.ts', 'packages/server/src/platform/platform.ts')).toBe(false);
});

test('no production file imports a test or a test helper', () => {
  expect(production.flatMap(importsOf).filter(({ to }) => isTest(to))).toEqual([]);
});

test('no file only hands on what others export', () => {
  const barrels = production.filter((file) => {
    const statements = read(file)
      .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
      .split(';')
      .map((statement) => statement.trim())
      .filter((statement) => statement !== '');
    return statements.length > 0 && statements.every((statement) => /^export .*\bfrom\b/s.test(statement));
  });
  expect(barrels).toEqual([]);
});

test('no file has more than 400 lines', async () => {
  const files = [...sources, ...(await filesBelow('tests/**/*.ts')), ...(await filesBelow('scripts/**/*.ts'))];
  expect(files.filter((file) => read(file).split('\n').length > 400)).toEqual([]);
});

test('the environment is read in one place', () => {
  expect(production.filter((file) => /\bprocess\.env\b|\benv\b.*from 'node:process'/.test(read(file)))).toEqual([
    'packages/cli/src/options/environment.ts',
  ]);
});

async function filesBelow(pattern: string): Promise<string[]> {
  const found: string[] = [];
  for await (const file of glob(pattern, { cwd: root })) {
    const name = file.replaceAll(path.sep, '/');
    if (!/\/(gen|node_modules|dist)\//.test(name)) {
      found.push(name);
    }
  }
  return found.sort();
}

function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

function isTest(file: string): boolean {
  return /\.(test|bench)\.ts$/.test(file) || /\/(testing|test)\//.test(file) || file.includes('.test-');
}

function importsOf(from: string): Import[] {
  const specifiers = [
    ...read(from).matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gms),
  ];
  return specifiers
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((specifier) => resolveInHouse(from, specifier))
    .filter((to) => to !== undefined)
    .map((to) => ({ from, to }));
}

/** Path of an imported file of this repository; undefined for packages from the registry and for Node's modules. */
function resolveInHouse(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    return path.posix.join(path.posix.dirname(from), specifier);
  }
  const workspace = /^@skerry\/([^/]+)\/(.+)$/.exec(specifier);
  return workspace === null ? undefined : `packages/${workspace[1]}/src/${workspace[2]}.ts`;
}

function partOf(file: string): string | undefined {
  return Object.keys(MAY_IMPORT)
    .filter((part) => covers(part, file))
    .sort((a, b) => b.length - a.length)[0];
}

function isAllowed(from: string, to: string): boolean {
  if (to.endsWith('/package.json')) {
    return true;
  }
  const part = partOf(from);
  const fromFolder = folderOf(part ?? from);
  return (
    part !== undefined &&
    (folderOf(partOf(to) ?? to) === fromFolder || (MAY_IMPORT[part] ?? []).some((allowed) => covers(allowed, to)))
  );
}

function folderOf(part: string): string {
  return part.endsWith('/')
    ? part
    : path.posix.dirname(part) === 'packages/server/src'
      ? part
      : `${path.posix.dirname(part)}/`;
}

function covers(part: string, file: string): boolean {
  return part.endsWith('/') ? file.startsWith(part) : file === part;
}
