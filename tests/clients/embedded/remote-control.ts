/**
 * A client in a process of its own, asked from here.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

export class RemoteClient implements Disposable {
  readonly #child;
  readonly #lines;

  /** @param program a file beside this one, and what it is told */
  constructor(program: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [path.join(import.meta.dirname, program), ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** Rejects with what the client throws. */
  async ask(operation: string, ...args: unknown[]): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify([operation, ...args])}\n`);
    let line = await this.#lines.next();
    // Older clients' native part logs among the answers.
    while (line.done !== true && !line.value.startsWith('{')) {
      line = await this.#lines.next();
    }
    if (line.done === true) {
      throw new Error(`the client's process ended with ${this.#child.exitCode ?? this.#child.signalCode}`);
    }
    const { value, error } = JSON.parse(line.value) as { value?: unknown; error?: string };
    if (error !== undefined) {
      throw new Error(error);
    }
    return value;
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
