/** Gives the run's seed to fast-check; the tests that choose by themselves read the same variable. */
import process from 'node:process';

import { configureGlobal } from 'fast-check';

configureGlobal({ seed: Number(process.env['SKERRY_FUZZ_SEED']) });
