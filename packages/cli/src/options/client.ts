/**
 * How commands find the server: flags and variables that all of them have.
 *
 * @module
 */
import type { Flag } from '../command.ts';

export const CLIENT_VARIABLES = {
  url: 'SKERRY_URL',
  org: 'SKERRY_ORG',
  tokenFile: 'SKERRY_API_TOKEN_FILE',
  /** The token itself. There is no flag for it: other users of a machine can read command lines. */
  token: 'SKERRY_API_TOKEN',
  /** Folder of what `auth login` keeps. */
  config: 'SKERRY_CONFIG_DIR',
} as const;

const SECTION = 'Server';

export const CLIENT_FLAGS: readonly Flag[] = [
  {
    name: 'url',
    metavar: 'url',
    help: `Bare address of the server. (default: http://127.0.0.1:8080; ${CLIENT_VARIABLES.url})`,
    section: SECTION,
  },
  {
    name: 'org',
    metavar: 'slug',
    help: `Organization. (default: your personal one; ${CLIENT_VARIABLES.org})`,
    section: SECTION,
  },
  {
    name: 'tokenFile',
    metavar: 'file',
    help:
      `File with the API token. (default: what "auth login" kept, else ./data/api-token; ` +
      `${CLIENT_VARIABLES.tokenFile}, or the token itself in ${CLIENT_VARIABLES.token})`,
    section: SECTION,
  },
  { name: 'json', help: 'Print the result as JSON.', section: SECTION },
];
