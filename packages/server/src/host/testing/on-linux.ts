/** For tests that look at a process through /proc, which other systems do not have. */
import process from 'node:process';

import { test } from 'vitest';

export const onLinux = test.skipIf(process.platform !== 'linux');
