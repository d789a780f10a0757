/**
 * What a move does, step by step, and how far it is. The plan is a file, written before each step and after it, so a move
 * that was interrupted goes on where it was when the same command is given again: what is done stays done, a database
 * whose copy had begun is made anew, and what is new at the source comes on top. It holds names only, no tokens and no
 * content; to lose it costs nothing but time.
 *
 * @module
 */
import { readFile, rename, writeFile } from 'node:fs/promises';

import { z } from 'zod';

import { UsageError } from '../errors.ts';
import type { SourceOrganization } from './source.ts';

const State = z.enum(['todo', 'begun', 'done']);
const Step = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('organization'), state: State, organization: z.string() }),
  z.object({
    kind: z.literal('group'),
    state: State,
    organization: z.string(),
    group: z.string(),
    /** Location codes here; the first is the primary's. */
    locations: z.array(z.string()).min(1),
  }),
  z.object({
    kind: z.literal('database'),
    state: State,
    organization: z.string(),
    group: z.string(),
    database: z.string(),
    /** What they are called where they come from. */
    source: z.object({ organization: z.string(), database: z.string() }),
    /** DbId of the unfinished copy here. Whatever else has the name is not ours to remove. */
    made: z.string().optional(),
  }),
]);
const Plan = z.object({
  from: z.string(),
  to: z.string(),
  /** What was chosen beside these, as text. */
  choices: z.string().default(''),
  notes: z.array(z.string()),
  steps: z.array(Step),
});

export type Step = z.infer<typeof Step>;
export type Plan = z.infer<typeof Plan>;

export interface Here {
  readonly organizations: readonly {
    readonly slug: string;
    readonly groups: readonly string[];
    readonly databases: readonly string[];
  }[];
  /** The first is the default. */
  readonly locations: readonly string[];
}

export interface Choices {
  readonly from: string;
  readonly to: string;
  /** All of it goes into this organization; undefined: into those of the same name. */
  readonly into: string | undefined;
  /** Location there → location here. */
  readonly locations: ReadonlyMap<string, string>;
}

export function planOf(organizations: readonly SourceOrganization[], here: Here, choices: Choices): Plan {
  const notes: string[] = [];
  const steps = organizations.flatMap(({ slug, groups, databases }): Step[] => {
    const organization = choices.into ?? slug;
    const known = here.organizations.find((each) => each.slug === organization);
    return [
      ...(known === undefined ? [{ kind: 'organization', state: 'todo', organization } as const] : []),
      ...groups
        .filter(({ name }) => known?.groups.includes(name) !== true)
        .map(
          ({ name, locations }) =>
            ({
              kind: 'group',
              state: 'todo',
              organization,
              group: name,
              locations: locationsHere(locations, here, choices, `group ${name} of ${slug}`, notes),
            }) as const,
        ),
      ...databases.map(
        ({ name, group }) =>
          ({
            kind: 'database',
            state: 'todo',
            organization,
            group,
            database: nameHere(name, notes),
            source: { organization: slug, database: name },
          }) as const,
      ),
    ];
  });
  const { from, to } = choices;
  return { from, to, choices: textOf(choices), notes, steps: withoutRepeats(steps) };
}

/** A plan that was begun, and on top what the source has and it does not know. */
export function withNews(known: Plan, fresh: Plan): Plan {
  const keys = new Set(known.steps.map(keyOf));
  const news = fresh.steps.filter((step) => !keys.has(keyOf(step)));
  const notes = fresh.notes.filter((note) => !known.notes.includes(note));
  return { ...known, notes: [...known.notes, ...notes], steps: inOrder([...known.steps, ...news]) };
}

/** Of names that are taken here: their databases are not touched, and these steps will fail. */
export function takenNotes(plan: Plan, here: Here): string[] {
  const taken = new Set(
    here.organizations.flatMap(({ slug, databases }) => databases.map((name) => JSON.stringify([slug, name]))),
  );
  return plan.steps.flatMap((step) =>
    step.kind === 'database' &&
    step.state !== 'done' &&
    step.made === undefined &&
    taken.has(JSON.stringify([step.organization, step.database]))
      ? [
          `there is a database ${step.database} in ${step.organization} already; it stays as it is, and this one is refused`,
        ]
      : [],
  );
}

/** @throws UsageError when the file is no plan, or the plan of another move */
export async function readPlan(file: string, choices: Choices): Promise<Plan | undefined> {
  const { from, to } = choices;
  const content = await readFile(file, 'utf8').catch(() => undefined);
  if (content === undefined) {
    return undefined;
  }
  let plan: Plan;
  try {
    plan = Plan.parse(JSON.parse(content));
  } catch {
    throw new UsageError(`${file} is not the plan of a move. Remove it, or name another file with --plan.`);
  }
  if (plan.from !== from || plan.to !== to) {
    throw new UsageError(`${file} is the plan of a move from ${plan.from} to ${plan.to}. Name another with --plan.`);
  }
  if (plan.choices !== textOf(choices)) {
    throw new UsageError(
      `${file} is the plan of a move with other options (${plan.choices || 'none'}). Give the same, or name another with --plan.`,
    );
  }
  return plan;
}

export async function writePlan(file: string, plan: Plan): Promise<void> {
  await writeFile(`${file}.part`, `${JSON.stringify(plan, undefined, 2)}\n`);
  await rename(`${file}.part`, file);
}

/** In words, for a person. */
export function told(step: Step): string {
  switch (step.kind) {
    case 'organization':
      return `organization ${step.organization}`;
    case 'group':
      return `group ${step.group} in ${step.locations.join(', ')} (organization ${step.organization})`;
    case 'database':
      return `database ${step.database} in group ${step.group} (organization ${step.organization})`;
  }
}

function locationsHere(
  there: readonly string[],
  here: Here,
  choices: Choices,
  what: string,
  notes: string[],
): [string, ...string[]] {
  const fallback = here.locations[0] ?? '';
  const found = there.map((code) => {
    const mapped = choices.locations.get(code) ?? code;
    if (here.locations.includes(mapped)) {
      return mapped;
    }
    notes.push(`${what}: there is no location ${code} here, so ${fallback} stands for it (--location ${code}=<code>)`);
    return fallback;
  });
  const [primary = fallback, ...others] = new Set(found);
  return [primary, ...others];
}

/** A database's name becomes part of a host name here. */
function nameHere(name: string, notes: string[]): string {
  const here = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  if (here !== name) {
    notes.push(`database ${name} is called ${here} here`);
  }
  return here;
}

function textOf({ into, locations }: Choices): string {
  const pairs = [...locations].map(([there, here]) => `${there}=${here}`).sort();
  return [...(into === undefined ? [] : [`into ${into}`]), ...pairs].join(', ');
}

function keyOf(step: Step): string {
  const name = step.kind === 'organization' ? '' : step.kind === 'group' ? step.group : step.database;
  return JSON.stringify([step.kind, step.organization, name]);
}

/** Several organizations that go into one bring the same group more than once. @throws UsageError for databases */
function withoutRepeats(steps: readonly Step[]): Step[] {
  const seen = new Map<string, Step>();
  for (const step of steps) {
    const key = keyOf(step);
    const other = seen.get(key);
    if (step.kind === 'database' && other?.kind === 'database') {
      const [a, b] = [other, step].map(({ source }) => `${source.organization}/${source.database}`);
      throw new UsageError(`${a} and ${b} would both be the database ${step.database} of ${step.organization}.`);
    }
    seen.set(key, other ?? step);
  }
  return inOrder([...seen.values()]);
}

function inOrder(steps: readonly Step[]): Step[] {
  const order = { organization: 0, group: 1, database: 2 };
  return steps.toSorted((a, b) => order[a.kind] - order[b.kind]);
}
