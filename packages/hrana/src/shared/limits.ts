/**
 * How much one message may hold. A message's bytes are bounded by whoever reads them from the network; these bound what
 * a small message can grow into (in Protobuf, two bytes make an object) and how deep it can nest.
 *
 * @module
 */

/** More arguments than SQLite can bind to one statement in any build that we know of. */
export const MAX_ARGS = 250_000;

export const MAX_STEPS = 250_000;

export const MAX_REQUESTS = 250_000;

/**
 * Levels of `not`, `and` and `or` within each other. Decoding and evaluation recurse this deep, two messages per level in
 * Protobuf, whose decoder stops at a hundred.
 */
export const MAX_CONDITION_DEPTH = 40;

/** Columns of a result. */
export const MAX_ROW_VALUES = 100_000;

/** Rows of one result, or entries of one answer of a cursor. */
export const MAX_ROWS = 10_000_000;
