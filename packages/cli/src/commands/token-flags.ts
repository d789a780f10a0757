/** What the commands that make database tokens have in common. */

import type { Given } from './api-command.ts';

export const TOKEN_FLAGS = [
  { name: 'expiration', metavar: 'duration', help: 'never, or a duration such as 7d or 2w1d30m. (default: never)' },
  { name: 'readOnly', help: 'The bearer may read and not write.' },
] as const;

export function tokenQuery(given: Pick<Given, 'flag' | 'isSet'>) {
  const expiration = given.flag('expiration');
  return {
    authorization: given.isSet('readOnly') ? 'read-only' : 'full-access',
    ...(expiration === undefined ? {} : { expiration }),
  };
}
