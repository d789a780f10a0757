import { PassThrough } from 'node:stream';

import { StartupError } from '@skerry/server/startup-error';
import { expect, test } from 'vitest';

import type { Command } from './command.ts';
import { SKERRY } from './commands/all.ts';
import { startCommand } from './commands/start.ts';
import type { GivenFlags } from './options/resolve.ts';
import { runProgram } from './program.ts';

async function run(args: readonly string[], commands: readonly Command[] = SKERRY.commands) {
  let out = '';
  let err = '';
  const exitCode = await runProgram(
    args,
    { ...SKERRY, commands },
    {
      environment: {},
      out: (text) => (out += text),
      err: (text) => (err += text),
      input: new PassThrough(),
      output: new PassThrough(),
    },
  );
  return { out, err, exitCode };
}

function commandThat(run: (flags: GivenFlags) => Promise<number>): Command {
  return { ...startCommand, run: async ({ flags }) => await run(flags) };
}

test('the help of every command is as recorded', async () => {
  expect((await run(['--help'])).out).toMatchSnapshot('skerry --help');
  expect((await run(['start', '--help'])).out).toMatchSnapshot('skerry start --help');
});

test('no arguments at all print the help', async () => {
  const { out, exitCode } = await run([]);
  expect(out).toContain('Usage: skerry');
  expect(exitCode).toBe(0);
});

test.each([
  [['strat'], 'Did you mean start?'],
  [['start', '--data-dri', 'x'], 'Did you mean --data-dir?'],
  [['start', '--data-dir'], 'argument missing'],
  [['start', 'now'], 'too many arguments'],
  [['start', '--stream-idle', '5'], '--stream-idle "5": expected a duration'],
])('%j is refused with code 2 and a way out', async (args, message) => {
  const { err, exitCode } = await run(args);
  expect(err).toContain(message);
  expect(exitCode).toBe(2);
});

test('a command gets the flags that were given and no others; a repeated one as a list', async () => {
  let given: GivenFlags = {};
  const command = commandThat(async (flags) => {
    given = flags;
    return await Promise.resolve(7);
  });
  const args = ['start', '--listen', ':1', '--location', 'a=A', '--location', 'b=B'];
  expect((await run(args, [command])).exitCode).toBe(7);
  expect(given).toEqual({ listen: ':1', location: ['a=A', 'b=B'] });
});

test('a reason not to start is told with the next step and its own exit code', async () => {
  const command = commandThat(
    async () => await Promise.reject(new StartupError('data_dir_locked', 'The folder is in use.', 'Stop the other.')),
  );
  expect(await run(['start'], [command])).toEqual({
    out: '',
    err: 'error: The folder is in use.\nNext: Stop the other.\n',
    exitCode: 4,
  });
});

test('an unexpected fault is told with its stack and code 1', async () => {
  const { err, exitCode } = await run(['start'], [commandThat(async () => await Promise.reject(new Error('boom')))]);
  expect(err).toContain('unexpected fault.\nError: boom\n    at ');
  expect(exitCode).toBe(1);
});
