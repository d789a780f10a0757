/**
 * Carries out the plan of a move.
 *
 * @module
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { ApiError } from '@skerry/contract/client';
import {
  createDatabase,
  deleteDatabase,
  getDatabase,
  updateDatabaseConfiguration,
} from '@skerry/contract/operations/databases';
import { addLocationToGroup, createGroup } from '@skerry/contract/operations/groups';
import { createOrganization } from '@skerry/contract/operations/organizations';

import type { Api } from '../api/api.ts';
import { openDatabaseOf } from '../api/database.ts';
import type { Terminal } from '../command.ts';
import { readyForUpload } from '../sql/sqlite-file.ts';
import { Progress } from '../transfer/progress.ts';
import { uploadFile } from '../transfer/upload.ts';
import { type Plan, type Step, told } from './plan.ts';
import type { Source } from './source.ts';

type DatabaseStep = Extract<Step, { kind: 'database' }>;

export interface Failure {
  readonly step: string;
  readonly problem: string;
}

export interface Move {
  readonly plan: Plan;
  readonly source: Source;
  readonly api: Api;
  readonly terminal: Terminal;
  /** For the files of one database at a time, beside the plan. */
  readonly folder: string;
  /** Keeps the plan as it is now. */
  readonly save: () => Promise<void>;
}

/**
 * Does what is left of the plan. A database that fails does not keep the others from moving; an organization or group
 * that fails ends the move, because the rest needs it.
 *
 * @returns the databases that failed
 */
export async function runPlan(move: Move): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const step of move.plan.steps.filter(({ state }) => state !== 'done')) {
    step.state = 'begun';
    await move.save();
    try {
      await (step.kind === 'database' ? moveDatabase(move, step) : make(move.api, step));
      step.state = 'done';
      await move.save();
    } catch (error) {
      if (step.kind !== 'database') {
        throw error;
      }
      // What failed has been removed; next time it is begun anew.
      step.state = 'todo';
      await move.save();
      failures.push({ step: told(step), problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return failures;
}

/** Each may have been made already, when the move ended between the making and the saving. */
async function make(api: Api, step: Exclude<Step, DatabaseStep>): Promise<void> {
  if (step.kind === 'organization') {
    await unlessThere(api.call(createOrganization, { params: {}, body: { name: step.organization } }));
    return;
  }
  const [location = '', ...replicas] = step.locations;
  const params = { organizationSlug: step.organization };
  await unlessThere(api.call(createGroup, { params, body: { name: step.group, location } }));
  for (const replica of replicas) {
    await unlessThere(
      api.call(addLocationToGroup, { params: { ...params, groupName: step.group, location: replica } }),
    );
  }
}

async function unlessThere(made: Promise<unknown>): Promise<void> {
  await made.catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 409)) {
      throw error;
    }
  });
}

async function moveDatabase(move: Move, step: DatabaseStep): Promise<void> {
  const { source, api, terminal } = move;
  const { folder } = move;
  const params = { organizationSlug: step.organization, databaseName: step.database };
  try {
    // An earlier run may have been killed.
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { mode: 0o700 });
    const file = path.join(folder, 'database.db');
    using reading = new Progress(terminal, `Reading ${step.database}`);
    await source.copy(step.source.organization, step.source.database, file, reading);
    await using ready = await readyForUpload(file);
    const settings = await source.settings(step.source.organization, step.source.database);
    await removeUnfinished(move, step);
    const { database } = await api.call(createDatabase, {
      params: { organizationSlug: step.organization },
      body: { name: step.database, group: step.group, seed: { type: 'database_upload' } },
    });
    step.made = database.DbId;
    await move.save();
    try {
      using writing = new Progress(terminal, `Writing ${step.database}`, ready.sizeBytes);
      await uploadFile(await openDatabaseOf(api, step.organization, step.database), ready, writing);
      await api.call(updateDatabaseConfiguration, { params, body: settings.body });
    } catch (error) {
      await removeUnfinished(move, step).catch(() => undefined);
      throw error;
    }
    delete step.made;
    move.plan.notes.push(...settings.notes.map((note) => `database ${step.database}: ${note}`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of this move, by its id: a database that only has the name is somebody's. */
async function removeUnfinished({ api, save }: Move, step: DatabaseStep): Promise<void> {
  if (step.made === undefined) {
    return;
  }
  const params = { organizationSlug: step.organization, databaseName: step.database };
  const there = await api.call(getDatabase, { params }).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 404) {
      return undefined;
    }
    throw error;
  });
  if (there?.database.DbId === step.made) {
    await api.call(updateDatabaseConfiguration, { params, body: { delete_protection: false } });
    await api.call(deleteDatabase, { params });
  }
  delete step.made;
  await save();
}
