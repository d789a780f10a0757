/**
 * The paths at which an operation answers, besides its own.
 *
 * @module
 */
import type { Operation } from './operation.ts';

export interface OperationPath {
  readonly path: string;
  /** In this path, databases and groups are named by their UUID. */
  readonly byId: boolean;
}

const ORGANIZATION = '/organizations/{organizationSlug}';
/** With an empty organization setting the CLI leaves the organization out of these paths: its own is meant. */
const PERSONAL = new Set(['databases', 'groups', 'locations', 'usage', 'subscription', 'billing', 'invoices']);

/**
 * The operation's own path and those named in it; then, for each, the personal alias (no organization), and, for v1,
 * its mirror below /v3, where databases and groups are named by UUID.
 */
export function pathsOf(operation: Operation): OperationPath[] {
  const paths = [operation.path, ...operation.alsoAt].flatMap((path) => {
    const personal = personalAlias(path);
    return personal === undefined ? [path] : [path, personal];
  });
  const mirrors = paths.filter((path) => path.startsWith('/v1/')).map((path) => path.replace('/v1/', '/v3/'));
  return [...new Set([...paths, ...mirrors])].map((path) => ({ path, byId: path.startsWith('/v3/') }));
}

function personalAlias(path: string): string | undefined {
  const [version, rest] = path.split(`${ORGANIZATION}/`);
  const thing = rest?.split('/')[0] ?? '';
  return version !== undefined && rest !== undefined && PERSONAL.has(thing) ? `${version}/${rest}` : undefined;
}
