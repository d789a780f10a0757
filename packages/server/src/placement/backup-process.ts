/**
 * The backup process as the gateway sees it (backup/main.ts): told of commits, given what it asks of hosts, started again when
 * it ends. Uploads, hashing and signatures are its work, so that none of it takes time from requests.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

import type { Logger } from 'pino';

import type { BackupOptions, BackupStatus, HostAnswer, ToBackup, ToGateway, Verification } from '../backup/messages.ts';
import type { Command } from '../relay/messages.ts';
import { logLines } from './log-lines.ts';

export interface BackupProcessParts {
  readonly options: BackupOptions;
  /** Credentials, in the variables that AWS's tools read. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Logger;
  /** Asks the host of a database. */
  readonly ask: (databaseId: string, command: Command) => Promise<HostAnswer>;
  /** Tells every host. */
  readonly tellHosts: (command: Command) => void;
}

const RESTART_PAUSE_MS = 1_000;
/** What is committed gets a last chance to be stored when the server stops. */
const STOP_PATIENCE_MS = 10_000;

export class BackupProcess {
  readonly #parts: BackupProcessParts;
  readonly #verifying = new Map<number, (verification: Verification) => void>();
  #child: ChildProcess | undefined;
  #status: BackupStatus | undefined;
  #committed = new Set<string>();
  #isAwaited = false;
  /** Databases whose hosts want to know what is stored. */
  readonly #awaited = new Set<string>();
  readonly #storingRecords = new Map<number, () => void>();
  #nextId = 1;
  #stopping = false;

  constructor(parts: BackupProcessParts) {
    this.#parts = parts;
  }

  /** Undefined until it has told one. */
  get status(): BackupStatus | undefined {
    return this.#status;
  }

  start(): void {
    const entry = path.resolve(import.meta.dirname, '../backup/main.ts');
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', entry, JSON.stringify(this.#parts.options)],
      {
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
        serialization: 'advanced',
        env: { ...this.#parts.environment },
      },
    );
    this.#child = child;
    logLines(child.stderr, this.#parts.log, { process: 'backup' });
    child.on('message', (message: ToGateway) => this.#heard(message));
    child.once('error', (error) => this.#parts.log.error({ err: error }, 'the backup process could not be started'));
    child.once('exit', () => this.#ended());
  }

  /** @param isAwaited somebody waits until they are stored */
  committed(databaseIds: readonly string[], isAwaited = false): void {
    this.#isAwaited ||= isAwaited;
    for (const databaseId of isAwaited ? databaseIds : []) {
      this.#awaited.add(databaseId);
    }
    if (this.#committed.size === 0) {
      setImmediate(() => {
        const [committed, awaited] = [[...this.#committed], this.#isAwaited];
        this.#committed = new Set();
        this.#isAwaited = false;
        this.#send({ type: 'committed', databaseIds: committed, isAwaited: awaited });
      });
    }
    for (const databaseId of databaseIds) {
      this.#committed.add(databaseId);
    }
  }

  /** Restores into temporary files and compares. */
  async verify(): Promise<Verification> {
    const id = this.#nextId;
    this.#nextId += 1;
    return await new Promise((resolve) => {
      this.#verifying.set(id, resolve);
      this.#send({ type: 'verify', id });
    });
  }

  /** Resolves when the control plane's records, as they are now, are stored. */
  async storeRecords(): Promise<void> {
    const id = this.#nextId;
    this.#nextId += 1;
    await new Promise<void>((resolve) => {
      this.#storingRecords.set(id, resolve);
      this.#send({ type: 'store_records', id });
    });
  }

  /** Before the hosts end: what they have committed is stored if the store lets it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === undefined) {
      return;
    }
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ type: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
    await gone;
    clearTimeout(timer);
  }

  kill(): void {
    this.#stopping = true;
    this.#child?.kill('SIGKILL');
  }

  #send(message: ToBackup): void {
    if (this.#child?.connected === true) {
      this.#child.send(message);
    }
  }

  #heard(message: ToGateway): void {
    switch (message.type) {
      case 'command':
        this.#parts.ask(message.databaseId, message.command).then(
          (answer) => this.#send({ type: 'answer', id: message.id, answer }),
          (error: unknown) => this.#send({ type: 'refused', id: message.id, message: String(error) }),
        );
        break;
      case 'status':
        this.#status = message.status;
        break;
      case 'log':
        this.#parts.log[message.level](message.message);
        break;
      case 'verified':
        this.#verifying.get(message.id)?.(message.verification);
        this.#verifying.delete(message.id);
        break;
      case 'records_stored':
        this.#storingRecords.get(message.id)?.();
        this.#storingRecords.delete(message.id);
        break;
      case 'stored':
        if (this.#awaited.has(message.databaseId)) {
          this.#tellStored(message);
        }
        break;
    }
  }

  #tellStored({ databaseId, logId, frame }: Extract<ToGateway, { type: 'stored' }>): void {
    this.#parts.tellHosts({ type: 'stored_off_site', databaseId, logId, frame });
  }

  #ended(): void {
    this.#child = undefined;
    const problems = ['the backup process ended; try again'];
    for (const resolve of this.#verifying.values()) {
      resolve({ ok: false, finishedMs: Date.now(), databases: 0, problems });
    }
    this.#verifying.clear();
    if (!this.#stopping) {
      this.#parts.log.warn('the backup process ended; starting another');
      setTimeout(() => {
        if (!this.#stopping) {
          this.start();
          // What was asked of the one before.
          this.committed([...this.#awaited], true);
          for (const id of this.#storingRecords.keys()) {
            this.#send({ type: 'store_records', id });
          }
        }
      }, RESTART_PAUSE_MS);
    }
  }
}
