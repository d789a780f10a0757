/**
 * Code in the pages of the documentation, to be run as it stands there; only the address of the server is another.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';

import type { Skerry } from './skerry.ts';

export const ROOT = path.resolve(import.meta.dirname, '../../..');

/**
 * The one snippet of a page that has a text.
 *
 * @param page its path in the repository
 */
export async function snippetOf(server: Skerry, page: string, text: string): Promise<string> {
  const content = await readFile(path.join(ROOT, page), 'utf8');
  const [found, ...others] = [...content.matchAll(/^```[a-z]*\n([^]*?)^```$/gm)]
    .map(([, snippet = '']) => snippet)
    .filter((snippet) => snippet.includes(text));
  if (found === undefined || others.length > 0) {
    throw new Error(`${page} has ${found === undefined ? 'no' : 'several'} snippets with ${text}`);
  }
  return found
    .replaceAll('http://127.0.0.1:8080', server.url)
    .replaceAll('data/api-token', `${server.dataDir}/api-token`);
}

/** Runs a script as somebody does whose home is `home` and who uses this server. @returns its output */
export async function shell(server: Skerry, script: string, home: string, folder = home): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-e', '-O', 'expand_aliases', '-c', script], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      TOKEN: server.apiToken,
      SKERRY_URL: server.url,
      SKERRY_API_TOKEN_FILE: path.join(server.dataDir, 'api-token'),
    },
  });
  return stdout;
}
