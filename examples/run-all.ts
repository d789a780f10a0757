/**
 * Runs the examples named on the command line, or all, each in a process of its own, against the Skerry that
 * SKERRY_URL names or one that is started for it.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

const EXAMPLES = ['drizzle', 'kysely', 'prisma', 'mastra'];
const here = import.meta.dirname;

interface Server {
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

async function startSkerry(): Promise<Server> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'skerry-examples-'));
  const bin = path.join(here, '../packages/cli/bin/skerry.mjs');
  const child = spawn(process.execPath, [bin, 'start', '--data-dir', dataDir, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const match = /http:\/\/127\.0\.0\.1:\d+/.exec(line);
      if (match !== null) {
        resolve(match[0]);
      }
    });
    child.once('exit', () => reject(new Error('Skerry ended before it was ready')));
  });
  const token = await readFile(path.join(dataDir, 'api-token'), 'utf8');
  return {
    environment: { SKERRY_URL: url, SKERRY_API_TOKEN: token.trim() },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      await rm(dataDir, { recursive: true });
    },
  };
}

async function givenSkerry(): Promise<Server> {
  const { SKERRY_API_TOKEN: token, SKERRY_API_TOKEN_FILE: file } = process.env;
  return {
    environment: { SKERRY_API_TOKEN: token ?? (await readFile(file ?? '../data/api-token', 'utf8')).trim() },
    stop: async () => await Promise.resolve(),
  };
}

async function run(example: string, environment: Readonly<Record<string, string>>): Promise<boolean> {
  console.log(`\n== ${example}`);
  const child = spawn(process.execPath, [path.join(here, example, 'main.ts')], {
    cwd: path.join(here, example),
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code === 0)));
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : EXAMPLES;
const server = process.env['SKERRY_URL'] === undefined ? await startSkerry() : await givenSkerry();
const failed: string[] = [];
try {
  for (const example of chosen) {
    if (!(await run(example, server.environment))) {
      failed.push(example);
    }
  }
} finally {
  await server.stop();
}
console.log(
  `\n${chosen.length - failed.length} examples passed, ${failed.length} failed ${failed.join(' ')}`.trimEnd(),
);
process.exitCode = failed.length === 0 ? 0 : 1;
