/**
 * The official CLI as a person runs it, with a home of its own.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

export interface Outcome {
  readonly code: number | null;
  /** Both streams as they came, without the codes of a terminal. */
  readonly text: string;
}

export class Turso implements Disposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'skerry-turso-'));
  readonly #program: string;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(program: string, apiUrl: string, proxyUrl: string) {
    this.#program = program;
    // What opens the browser: the CLI's library tries this name first.
    writeFileSync(path.join(this.folder, 'xdg-open'), `#!/bin/sh\necho "opened $1"\n`, { mode: 0o755 });
    this.#environment = {
      PATH: `${this.folder}:${process.env['PATH'] ?? ''}`,
      HOME: this.folder,
      TURSO_CONFIG_FOLDER: this.folder,
      TURSO_API_BASEURL: apiUrl,
      HTTP_PROXY: proxyUrl,
      NO_PROXY: '127.0.0.1',
    };
  }

  /** @param answers typed where it asks */
  async run(args: readonly string[], answers = '', onText: (text: string) => void = () => undefined): Promise<Outcome> {
    const child = spawn(this.#program, args, { env: this.#environment, cwd: this.folder });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        onText(text);
      });
    }
    child.stdin.on('error', () => undefined);
    child.stdin.end(answers);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, text: stripVTControlCharacters(text) };
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
