/**
 * Random work on a database in real hosts, which are killed amid it, while replicas come and go and copies of every
 * protocol follow. `SKERRY_SYNC_TRANSACTIONS` makes it longer (10,000 take some minutes), `SKERRY_FUZZ_SEED` repeats the
 * choices of a run; when a host dies relative to its work is not among them.
 *
 * @module
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';

import { expect, test } from 'vitest';

import { CLOSE, TestHost } from '../host/testing/test-host.ts';
import { Dice, randomTransaction } from '../log/testing.ts';
import type { InstanceRef } from '../relay/messages.ts';
import type { Follower } from './testing/followers.ts';
import { TursoSync, Version1, Version2 } from './testing/followers.ts';

const TRANSACTIONS = Number(process.env['SKERRY_SYNC_TRANSACTIONS'] ?? 400);
const SEED = Number(process.env['SKERRY_FUZZ_SEED']);
/** Transactions of one stream, streams at a time. */
const [BATCH, STREAMS] = [6, 3];
const LOCATIONS = ['lhr', 'fra'];

class Trial implements AsyncDisposable {
  readonly #dice: Dice;
  readonly #primary: InstanceRef;
  readonly #dataDir: string;
  readonly #replicas = new Map<string, InstanceRef>();
  readonly #followers = new Map<string, Follower>();
  readonly #acknowledged: string[] = [];
  #hosts: TestHost[];
  #hostIds = 2;
  #sent = 0;
  #rounds = 0;
  kills = 0;

  private constructor(dice: Dice, host: TestHost, primary: InstanceRef) {
    this.#dice = dice;
    this.#hosts = [host];
    this.#dataDir = host.dataDir;
    this.#primary = primary;
    for (const [name, Kind] of Object.entries({ Version1, Version2, TursoSync })) {
      this.#followers.set(name, new Kind(primary));
    }
  }

  static async start(seed: number): Promise<Trial> {
    const host = new TestHost();
    const primary = await host.newDatabase();
    const tables = ['CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)', 'CREATE TABLE marks (id)'];
    await host.pipeline(primary, [...tables, CLOSE]);
    return new Trial(new Dice(seed), host, primary);
  }

  get transactions(): number {
    return this.#sent;
  }

  /** Work on all hosts, with copies that sync meanwhile; at times a host dies amid it. */
  async work(): Promise<void> {
    await this.#changeHosts();
    await this.#changeReplicas();
    const working: Promise<unknown>[] = [];
    for (let stream = 0; stream < STREAMS; stream += 1) {
      working.push(this.#write(this.#host()));
    }
    for (const follower of this.#followers.values()) {
      if (this.#dice.roll(3) === 0) {
        working.push(follower.sync(this.#host()));
      }
    }
    for (const replica of this.#replicas.values()) {
      working.push(this.#host().values(replica, 'SELECT count(*) FROM t'));
    }
    this.#rounds += 1;
    // One at least, and others by chance.
    if (this.#rounds === 2 || this.#dice.roll(6) === 0) {
      const victim = this.#host();
      // As soon as the first of it is answered, the rest is under way.
      await Promise.race(working).catch(() => undefined);
      victim.kill();
      await victim.ended;
      this.kills += 1;
      this.#hosts = this.#hosts.map((host) => (host === victim ? this.#newHost() : host));
    }
    await Promise.allSettled(working);
  }

  /** What is not as it should be, now that nothing runs. */
  async faults(): Promise<string[]> {
    const faults: string[] = [];
    const host = this.#host();
    const marks = new Set(await host.values(this.#primary, 'SELECT id FROM marks'));
    faults.push(...this.#acknowledged.filter((mark) => !marks.has(mark)).map((mark) => `${mark} is lost`));
    for (const [location, replica] of this.#replicas) {
      const check = await host.values(replica, 'PRAGMA integrity_check');
      const isSame = masked(this.#image(replica)).equals(masked(this.#image(this.#primary)));
      faults.push(
        ...(isSame && check[0] === 'ok' ? [] : [`replica ${location}: ${isSame ? check[0] : 'other pages'}`]),
      );
    }
    for (const [name, follower] of this.#followers) {
      await follower.sync(host);
      const { image } = follower;
      const isSame = image.equals(this.#image(this.#primary));
      faults.push(...(isSame && isSound(image) ? [] : [`${name}: ${isSame ? 'not sound' : 'other pages'}`]));
    }
    return faults;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#hosts.toReversed()) {
      await host[Symbol.asyncDispose]();
    }
    // The host that made the folder may have been killed.
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  async #write(host: TestHost): Promise<void> {
    const marks: string[] = [];
    const requests: string[] = [];
    const markAt: number[] = [];
    for (let count = 0; count < BATCH; count += 1) {
      this.#sent += 1;
      marks.push(`${this.#sent}`);
      requests.push(...randomTransaction(this.#dice), `INSERT INTO marks VALUES ('${this.#sent}')`);
      markAt.push(requests.length - 1);
    }
    const { results } = await host.pipeline(this.#primary, [...requests, CLOSE]);
    this.#acknowledged.push(...marks.filter((_, index) => results[markAt[index] ?? 0]?.type === 'ok'));
  }

  /** For a while two hosts have the database open, as when a database steps aside. */
  async #changeHosts(): Promise<void> {
    const [first, second] = this.#hosts;
    if (first === undefined || this.#dice.roll(10) > 0) {
      return;
    }
    if (second === undefined) {
      this.#hosts.push(this.#newHost());
    } else {
      this.#hosts.pop();
      await second[Symbol.asyncDispose]();
    }
  }

  async #changeReplicas(): Promise<void> {
    const location = LOCATIONS[this.#dice.roll(LOCATIONS.length)] ?? '';
    const instance: InstanceRef = { ...this.#primary, location, role: 'replica' };
    const isThere = this.#replicas.has(location);
    if (this.#dice.roll(isThere ? 12 : 3) > 0) {
      return;
    }
    if (isThere) {
      await Promise.all(this.#hosts.map((host) => host.done({ type: 'remove_replica', instance })));
      this.#replicas.delete(location);
    } else {
      await this.#host().done({ type: 'add_replica', instance, primary: this.#primary });
      this.#replicas.set(location, instance);
    }
  }

  #newHost(): TestHost {
    this.#hostIds += 1;
    return new TestHost({ dataDir: this.#dataDir, hostId: this.#hostIds });
  }

  #host(): TestHost {
    const host = this.#hosts[this.#dice.roll(this.#hosts.length)];
    if (host === undefined) {
      throw new Error('there is a host');
    }
    return host;
  }

  #image({ role, location }: InstanceRef): Buffer {
    const folder = this.#host().folder(this.#primary);
    // Read-only: it must not be the one that checkpoints when it closes.
    const db = new DatabaseSync(path.join(folder, role === 'primary' ? 'primary.db' : `replica-${location}.db`), {
      readOnly: true,
      timeout: 5_000,
    });
    try {
      return Buffer.from(db.serialize());
    } finally {
      db.close();
    }
  }
}

/** Without what a replica has for itself in page 1. */
function masked(image: Buffer): Buffer {
  return image.fill(0, 18, 20).fill(0, 24, 28).fill(0, 92, 96);
}

function isSound(image: Buffer): boolean {
  const db = new DatabaseSync(':memory:');
  // In memory there is no WAL: the image is read as one of a rollback journal.
  db.deserialize(Buffer.from(image).fill(1, 18, 20));
  const [check] = db.prepare('PRAGMA integrity_check').all();
  db.close();
  return check?.['integrity_check'] === 'ok';
}

test(
  `after any work, kills and moves each replica and copy has the pages of its primary, and nothing acknowledged is lost (seed ${SEED})`,
  { timeout: 120_000 + TRANSACTIONS * 200 },
  async () => {
    await using trial = await Trial.start(SEED);
    while (trial.transactions < TRANSACTIONS) {
      for (let round = 0; round < 3; round += 1) {
        await trial.work();
      }
      expect(await trial.faults(), `after ${trial.transactions} transactions of seed ${SEED}`).toEqual([]);
    }
    expect(trial.kills).toBeGreaterThan(0);
  },
);
