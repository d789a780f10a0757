/**
 * Starts the whole server from one configuration value; the only file that knows all parts.
 *
 * @module
 */
import type { ServerConfig } from './config.ts';

export interface RunningServer {
  /** Base URL of the bare address, without a trailing slash: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** The first API token in plain text, only when this start made it. */
  readonly newApiToken: string | undefined;
  /** Where that token is kept. */
  readonly apiTokenPath: string;
  /** Stops taking requests, lets running ones finish, ends the hosts. Safe to call twice. */
  stop(): Promise<void>;
  /** Ends everything at once. */
  kill(): void;
}

export async function startServer(_config: ServerConfig): Promise<RunningServer> {
  return await Promise.reject(new Error('not composed yet'));
}
