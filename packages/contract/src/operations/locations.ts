import { z } from 'zod';

import { CALLER, inOrganization, PUBLIC } from './authority.ts';
import { operation } from './operation.ts';

const Code = z.string().describe('Location code.');
const Described = z.object({ code: Code, description: z.string() });
const tag = 'Locations';

export const listLocations = operation({
  id: 'listLocations',
  tag,
  summary: 'Location codes and what they stand for.',
  method: 'GET',
  path: '/v1/locations',
  authority: CALLER,
  response: z.object({ locations: z.record(z.string(), z.string()) }),
});

/** Also below an organization; every organization has the same locations. */
export const listLocationsByPlatform = operation({
  id: 'listLocationsByPlatform',
  tag,
  summary: 'Locations by platform.',
  method: 'GET',
  path: '/v2/organizations/{organizationSlug}/locations',
  authority: inOrganization('viewer', 'read'),
  response: z.object({ locations: z.record(z.string(), z.record(z.string(), z.string())) }),
});

export const getLocation = operation({
  id: 'getLocation',
  tag,
  summary: 'One location and its neighbours.',
  method: 'GET',
  path: '/v1/locations/{location}',
  authority: CALLER,
  response: z.object({ location: Described.extend({ closest: z.array(Described) }) }),
  errors: ['location_not_found'],
});

/** What the hosted service answers at region.turso.io: the nearest location, for whoever asks. */
export const getClosestLocation = operation({
  id: 'getClosestLocation',
  tag,
  summary: 'The location closest to you.',
  method: 'GET',
  path: '/v1/closest-location',
  authority: PUBLIC,
  response: z.object({ server: Code, client: Code }),
});
