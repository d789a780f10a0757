/**
 * Every generated page: where it lies and what makes it. `scripts/generate.ts` writes them, `tests/generated.test.ts`
 * checks that they are current.
 *
 * @module
 */
import { apiPage } from './api.ts';
import { commandsPage } from './commands.ts';
import { errorsPage } from './errors.ts';
import { optionsPage } from './options.ts';

export interface GeneratedPage {
  /** From the root of the repository. */
  readonly path: string;
  readonly text: () => string;
}

export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: 'docs/options.md', text: optionsPage },
  { path: 'docs/commands.md', text: commandsPage },
  { path: 'docs/api.md', text: apiPage },
  { path: 'docs/errors.md', text: errorsPage },
];
