import { createRequire } from 'node:module';

/** Whether a package is there: older clients are installed by hand (see older.test.ts). */
export function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
