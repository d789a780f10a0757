/**
 * Entry of a host process. The gateway starts it with its options as one JSON argument and a socket as file descriptor
 * 3, and it ends when that socket closes.
 *
 * @module
 */
import { Socket } from 'node:net';
import process from 'node:process';

import type { HostOptions } from './host-options.ts';
import { Host } from './host.ts';

const [options = ''] = process.argv.slice(2);
// The gateway decides when its hosts end: a Ctrl-C at the terminal reaches all processes at once.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('SIGHUP', () => undefined);

void new Host(
  JSON.parse(options) as HostOptions,
  new Socket({ fd: 3, readable: true, writable: true, allowHalfOpen: true }),
  () => process.exit(0),
);
