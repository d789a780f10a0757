import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';

import { expect, test } from 'vitest';

const LISTS_MODULES = `
import { registerHooks } from 'node:module';
registerHooks({ load: (url, context, next) => (process.stdout.write(url + '\\n'), next(url, context)) });
await import('${import.meta.resolve('./all.ts')}');`;

test('the commands are there before the code of the server, of the object store and of certificates is loaded', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', LISTS_MODULES]);
  const loaded = stdout.split('\n');
  expect(loaded).toContain(import.meta.resolve('./start.ts'));
  expect(loaded.filter((url) => /server\/src\/server\.ts|@aws-sdk|@peculiar|@opentelemetry/.test(url))).toEqual([]);
});
