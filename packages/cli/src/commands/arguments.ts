/** Arguments that several commands have. */
import type { Argument } from '../command.ts';

export const DATABASE: Argument = { name: 'database', help: 'Name of the database.' };
export const GROUP: Argument = { name: 'group', help: 'Name of the group.' };
export const LOCATION: Argument = { name: 'location', help: 'Location code; "skerry db locations" lists them.' };
