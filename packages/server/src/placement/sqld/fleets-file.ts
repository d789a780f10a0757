/**
 * The file that names sqld servers which somebody else runs (docs/sqld.md shows one).
 *
 * @module
 */
import { readFile } from 'node:fs/promises';

import { z } from 'zod';

import type { BottomlessSettings, SqldFleetSettings } from '../../config.ts';
import { StartupError } from '../../startup-error.ts';

const LocationCode = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'must be lower-case letters, digits and single dashes')
  .refine((code) => !code.includes('--'), 'must not have two dashes in a row');
const Url = z.url({ protocol: /^https?$/, error: 'must be a URL such as http://10.0.0.5:8080' });

const Server = z.strictObject({
  location: LocationCode,
  description: z.string().optional(),
  url: Url,
  adminUrl: Url.optional(),
});

const Bottomless = z.strictObject({
  databaseId: z.string().min(1),
  bucket: z.string().min(1).default('bottomless'),
  endpoint: Url.optional(),
  region: z.string().min(1).default('us-east-1'),
  accessKeyId: z.string().optional(),
  secretAccessKey: z.string().optional(),
  secretAccessKeyFile: z.string().optional(),
});

const FleetsFile = z.strictObject({
  fleets: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        direct: z.boolean().default(false),
        /** Either the key itself, or a file that holds it, which is better kept apart. */
        adminKey: z.string().optional(),
        adminKeyFile: z.string().optional(),
        bottomless: Bottomless.optional(),
        primary: Server.extend({ adminUrl: Url }),
        replicas: z.array(Server).default([]),
      }),
    )
    .min(1),
});

type ServerInput = z.output<typeof Server>;

/** @throws StartupError that names the file and the first mistake in it */
export async function readFleetsFile(file: string): Promise<SqldFleetSettings[]> {
  const parsed = FleetsFile.safeParse(await readJson(file));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw bad(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  return await Promise.all(
    parsed.data.fleets.map(async (fleet) => ({
      name: fleet.name,
      isDirect: fleet.direct,
      adminKey: fleet.adminKeyFile === undefined ? fleet.adminKey : await readKey(fleet.adminKeyFile),
      bottomless: fleet.bottomless === undefined ? undefined : await bottomlessOf(file, fleet.bottomless),
      primary: settingsOf(fleet.primary),
      replicas: fleet.replicas.map(settingsOf),
    })),
  );
}

/** Every location of the fleets, in the file's order. @throws StartupError for one that is named twice */
export function locationsOfFleets(
  fleets: readonly SqldFleetSettings[],
  others: ReadonlyMap<string, string>,
): Map<string, string> {
  const all = new Map(others);
  for (const { location, description } of fleets.flatMap(({ primary, replicas }) => [primary, ...replicas])) {
    if (all.has(location)) {
      throw new StartupError(
        'configuration',
        `The location ${location} is named twice.`,
        'Give each sqld server a code of its own, and rename or drop the --location of the same code.',
      );
    }
    all.set(location, description);
  }
  return all;
}

function settingsOf({ location, description, url, adminUrl }: ServerInput) {
  return { location, description: description ?? location, url, adminUrl };
}

async function bottomlessOf(file: string, input: z.output<typeof Bottomless>): Promise<BottomlessSettings> {
  const { databaseId, bucket, endpoint, region, accessKeyId, secretAccessKeyFile } = input;
  const secretAccessKey =
    secretAccessKeyFile === undefined ? input.secretAccessKey : await readKey(secretAccessKeyFile);
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw bad(file, 'bottomless: accessKeyId and its secret are needed together');
  }
  const credentials =
    accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey };
  return { databaseId, bucket, endpoint, region, credentials };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw bad(file, error instanceof Error ? error.message : String(error));
  }
}

async function readKey(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw bad(file, error instanceof Error ? error.message : String(error));
  }
}

function bad(file: string, problem: string): StartupError {
  return new StartupError(
    'configuration',
    `${file} cannot be used: ${problem}`,
    'See docs/sqld.md for the form of the file.',
  );
}
