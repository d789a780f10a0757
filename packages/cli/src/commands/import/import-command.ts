/**
 * What the commands that move databases here have in common: look, plan, show the plan or carry it out.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';

import { listGroups } from '@skerry/contract/operations/groups';
import { listLocations } from '@skerry/contract/operations/locations';
import { listOrganizations } from '@skerry/contract/operations/organizations';

import type { Flag } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { type Here, type Plan, planOf, readPlan, told, writePlan } from '../../moving/plan.ts';
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
  const way = { from, to: given.api.connection.url };
  const known = await readPlan(planFile, way);
  // Also for a plan that is known: the source learns where its databases are.
  const organizations = await source.list();
  const plan = known ?? planOf(organizations, await here(given), { ...way, ...choices });
  if (given.isSet('dryRun')) {
    return { plan, planFile, isDryRun: true, failures: [] };
  }
  const { api, terminal } = given;
  const save = async (): Promise<void> => await writePlan(planFile, plan);
  await save();
  return { plan, planFile, isDryRun: false, failures: await runPlan({ plan, source, api, terminal, save }) };
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

export function listOf(text: string | undefined): string[] | undefined {
  return text?.split(',').map((each) => each.trim());
}

async function here({ api }: Given): Promise<Here> {
  const { locations } = await api.call(listLocations, { params: {} });
  const organizations = await api.call(listOrganizations, { params: {} });
  const withGroups = await Promise.all(
    organizations.map(async ({ slug }) => {
      const { groups } = await api.call(listGroups, { params: { organizationSlug: slug } });
      return { slug, groups: groups.map(({ name }) => name) };
    }),
  );
  return { locations: Object.keys(locations), organizations: withGroups };
}
