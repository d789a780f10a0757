import path from 'node:path';

const PACKAGES = path.resolve(import.meta.dirname, '../../..');

/**
 * Node's arguments for a process that runs tenants' SQL: it may read the program and what is named here, nothing else. No
 * other files, no network, no child processes, no native add-ons.
 *
 * @param entry file below the packages folder
 */
export function sandboxed(
  entry: string,
  may: { readonly read: readonly string[]; readonly write: readonly string[] },
): string[] {
  const program = [PACKAGES, path.join(PACKAGES, '../node_modules'), path.join(PACKAGES, '../package.json')];
  return [
    '--permission',
    ...[...program, ...may.read].map((place) => `--allow-fs-read=${place}`),
    ...may.write.map((place) => `--allow-fs-write=${place}`),
    '--disable-warning=ExperimentalWarning',
    path.join(PACKAGES, entry),
  ];
}
