/**
 * What the commands that move databases here have in common: look, plan, show the plan or carry it out.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';

import { listDatabases } from '@skerry/contract/operations/databases';
import { listGroups } from '@skerry/contract/operations/groups';
import { listLocations } from '@skerry/contract/operations/locations';
import { listOrganizations } from '@skerry/contract/operations/organizations';

import type { Flag } from '../../command.ts';
import { EXIT_CODES, UsageError } from '../../errors.ts';
import {
  type Choices,
  type Here,
  type Plan,
  planOf,
  readPlan,
  takenNotes,
  told,
  withNews,
  writePlan,
} from '../../moving/plan.ts';
import { type Failure, runPlan } from '../../moving/run-plan.ts';
import type { Source } from '../../moving/source.ts';
import type { Given } from '../api-command.ts';

export interface Moved {
  readonly plan: Plan;
  readonly planFile: string;
  readonly isDryRun: boolean;
  readonly failures: readonly Failure[];
}

export const MOVE_FLAGS: readonly Flag[] = [
  { name: 'dryRun', help: 'Say what would be done, and do nothing.' },
  {
    name: 'plan',
    metavar: 'file',
    help: 'How far the move is; the same command goes on with it. (default: skerry-move.json)',
  },
];

export async function move(
  given: Given,
  from: string,
  source: Source,
  choices: { readonly into: string | undefined; readonly locations: ReadonlyMap<string, string> },
): Promise<Moved> {
  const planFile = given.flag('plan') ?? 'skerry-move.json';
  const all: Choices = { from, to: given.api.connection.url, ...choices };
  const known = await readPlan(planFile, all);
  const found = await here(given);
  // Also for a plan that is known: the source learns where its databases are, and may have new ones.
  const fresh = planOf(await source.list(), found, all);
  const plan = known === undefined ? fresh : withNews(known, fresh);
  if (given.isSet('dryRun')) {
    plan.notes.push(...takenNotes(plan, found));
    return { plan, planFile, isDryRun: true, failures: [] };
  }
  const { api, terminal } = given;
  const folder = `${planFile}.files`;
  const save = async (): Promise<void> => await writePlan(planFile, plan);
  await save();
  return { plan, planFile, isDryRun: false, failures: await runPlan({ plan, source, api, terminal, folder, save }) };
}

export function showMove({ plan, planFile, isDryRun, failures }: Moved): string {
  const lines = plan.steps.map((step) => `${step.state === 'done' ? 'done' : 'to do'}  ${told(step)}`);
  const notes = plan.notes.map((note) => `note: ${note}`);
  const failed = failures.map(({ step, problem }) => `failed: ${step}: ${problem}`);
  const next = isDryRun
    ? 'Nothing was done. Leave --dry-run out to begin.'
    : failures.length > 0
      ? 'Give the same command again to go on with what is left.'
      : `All of it is here. ${planFile} can be removed.`;
  return `${[...lines, ...notes, ...failed, '', next].join('\n')}\n`;
}

export async function readSecret(file: string, flag: string): Promise<string> {
  const secret = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (secret === '') {
    throw new UsageError(`${flag} "${file}": there is no such file, or it is empty.`);
  }
  return secret;
}

/** @throws UsageError when it is no address */
export function originOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--source "${text}": expected an address such as https://host:8080.`);
  }
  return url.origin;
}

/** What failed is told, and the exit code says so as well. */
export function exitCodeOf({ failures }: Moved): number {
  return failures.length > 0 ? EXIT_CODES.failure : EXIT_CODES.ok;
}

export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((each) => each.trim());
}

async function here({ api }: Given): Promise<Here> {
  const { locations } = await api.call(listLocations, { params: {} });
  const organizations = await api.call(listOrganizations, { params: {} });
  const withGroups = await Promise.all(
    organizations.map(async ({ slug }) => {
      const params = { organizationSlug: slug };
      const { groups } = await api.call(listGroups, { params });
      const { databases } = await api.call(listDatabases, { params });
      return { slug, groups: groups.map(({ name }) => name), databases: databases.map(({ Name }) => Name) };
    }),
  );
  return { locations: Object.keys(locations), organizations: withGroups };
}
