/**
 * Versions of the protocol, and what each brought. Source: Hrana 1, 2 and 3 specifications.
 *
 * @module
 */
export type HranaVersion = 1 | 2 | 3;
