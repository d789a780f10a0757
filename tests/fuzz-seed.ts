/** Gives the run's seed to fast-check; the tests that choose by themselves read the same variable. */
import process from 'node:process';

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['SKERRY_FUZZ_SEED']) });
