/**
 * Starts the product as a person would, as a process of its own, and knows it by its output and its address alone.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { endLeftHosts } from '../../../packages/server/src/placement/left-hosts.ts';
import { resolveLocalhostNames } from './localhost-names.ts';

export const PROGRAM = path.resolve(import.meta.dirname, '../../../packages/cli/src/main.ts');

export interface Skerry extends AsyncDisposable {
  /** Of the bare address, without a trailing slash. */
  readonly url: string;
  readonly apiToken: string;
  readonly dataDir: string;
  /** All it has written so far. */
  output(): string;
  /** Asks it to end and resolves with its exit code. */
  stop(): Promise<number | null>;
  /** kill -9, and resolves when it is gone. */
  kill(): Promise<void>;
}

export interface StartOptions {
  /** Kept when the server ends; without it, a new folder that is removed at the end. */
  readonly dataDir?: string;
  readonly args?: readonly string[];
  /** Besides PATH and HOME. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startSkerry(options: StartOptions = {}): Promise<Skerry> {
  resolveLocalhostNames();
  const dataDir = options.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'skerry-acceptance-')));
  const args = ['--data-dir', dataDir, '--listen', '127.0.0.1:0', ...(options.args ?? [])];
  const { child, output } = runSkerry(args, options.environment);
  const url = await readyUrl(child, output);
  const apiToken = (await readFile(path.join(dataDir, 'api-token'), 'utf8')).trim();
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  };
  return {
    url,
    apiToken,
    dataDir,
    output,
    stop: async () => await end('SIGTERM'),
    kill: async () => {
      await end('SIGKILL');
    },
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      if (options.dataDir === undefined) {
        // Where it was killed, a host may be amid a statement without end.
        endLeftHosts(path.join(dataDir, 'run'));
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  };
}

/** Runs `skerry start` with exactly these arguments and does not wait for it. */
export function runSkerry(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, [PROGRAM, 'start', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  return { child, output: () => text };
}

async function readyUrl(child: ChildProcess, output: () => string): Promise<string> {
  return await new Promise((resolve, reject) => {
    child.stdout?.on('data', () => {
      const url = /is ready at (\S+)\n/.exec(output())?.[1];
      if (url !== undefined) {
        resolve(url);
      }
    });
    child.once('close', (code) => {
      reject(new Error(`skerry start ended with code ${code}:\n${output()}`));
    });
  });
}
