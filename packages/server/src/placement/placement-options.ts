import type { Logger } from 'pino';

import type { HostSettings } from '../config.ts';
import type { HostEvent } from '../relay/messages.ts';

export interface PlacementOptions {
  readonly dataDir: string;
  readonly settings: HostSettings;
  readonly log: Logger;
  /** Usage and queries; streams are kept here. */
  readonly onEvent: (event: HostEvent) => void;
}
