import { z } from 'zod';

import { PUBLIC } from './authority.ts';
import { operation } from './operation.ts';

/** Turso's CLI asks this once a day, and would replace itself by a newer release. */
export const getLatestRelease = operation({
  id: 'getLatestRelease',
  tag: 'Releases',
  summary: "The caller's own version (header TursoCliVersion): this server updates nobody's CLI.",
  method: 'GET',
  path: '/releases/latest',
  authority: PUBLIC,
  response: z.object({ latest: z.string() }),
});
