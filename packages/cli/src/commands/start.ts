/**
 * `skerry start`: reads the options, starts the server, says how to reach it, and waits for the signal to stop.
 *
 * @module
 */
import process from 'node:process';

import type { ServerConfig } from '@skerry/server/config';
import type { RunningServer } from '@skerry/server/server';
import { StartupError } from '@skerry/server/startup-error';

import manifest from '../../package.json' with { type: 'json' };
import { keepCertificate } from '../certs/keep.ts';
import type { Command, Flag } from '../command.ts';
import { EXIT_CODES } from '../errors.ts';
import { resolveOptions } from '../options/resolve.ts';
import { toServerConfig } from '../options/server-config.ts';
import { isRepeatable, type Option, SERVER_OPTIONS, variableOf } from '../options/table.ts';
import { isLoopback, portHolder, resolvesBelow } from '../start/network.ts';
import { runUntilSignal } from '../start/shutdown.ts';
import { welcome } from '../start/welcome.ts';

export const startCommand: Command = {
  name: 'start',
  summary: 'Start the Platform API and every database behind it.',
  arguments: [],
  flags: serverFlags(),
  notes: [
    'Durations are written 500ms, 5s, 2m, 1h or 7d; sizes 500KB, 10MB or 2GB.',
    'Variables hold what flags would; several locations are parted by ";".',
    'The first start makes the owner, the default group and an API token.',
  ].join('\n'),
  async run({ flags }, terminal) {
    const values = resolveOptions(flags, terminal.environment);
    const config = toServerConfig(values, terminal.environment);
    const kept = values.tls === 'local' ? await keepCertificate(config.dataDir, config.domain, Date.now()) : undefined;
    const server = await start(config);
    terminal.out(
      welcome({
        version: manifest.version,
        url: server.url,
        port: server.port,
        domain: config.domain,
        owner: config.owner,
        apiTokenPath: server.apiTokenPath,
        newApiToken: server.newApiToken,
        domainResolves: await resolvesBelow(config.domain),
        isOpen: !isLoopback(config.listen.host) && config.network.tls === undefined,
        authorityPath: kept?.files.authority,
      }),
    );
    const orderly = await runUntilSignal(server, process, (line) => terminal.err(`${line}\n`));
    return orderly ? EXIT_CODES.ok : EXIT_CODES.failure;
  },
};

/** @param names of the options; all of them unless given */
export function serverFlags(names: readonly string[] = Object.keys(SERVER_OPTIONS)): Flag[] {
  const options = Object.entries<Option<unknown>>(SERVER_OPTIONS).filter(([name]) => names.includes(name));
  return options.map(([name, option]) => {
    const fallback = option.fallbackHelp ?? [option.fallback].flat().join(' ');
    return {
      name,
      metavar: option.kind.metavar,
      help: `${option.help} (default: ${fallback}; ${variableOf(name)})`,
      section: option.section,
      isRepeatable: isRepeatable(option),
    };
  });
}

async function start(config: ServerConfig): Promise<RunningServer> {
  // No other command should wait for the server's code.
  const { startServer } = await import('@skerry/server/server');
  try {
    return await startServer(config);
  } catch (error) {
    throw await explainedListenError(error, config);
  }
}

/** Errors of `listen` come from the operating system as codes. */
async function explainedListenError(error: unknown, config: ServerConfig): Promise<unknown> {
  const { host, port } = config.listen;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const holder = await portHolder(config.listen);
    return new StartupError(
      'address_in_use',
      `Port ${port} on ${host} is taken${holder === undefined ? '' : ` by ${holder}`}.`,
      `Stop that program, or choose another address: skerry start --listen ${host}:${port + 1}`,
      error,
    );
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartupError(
      'configuration',
      `This machine has no address ${host}.`,
      'Name one of its own with --listen: 127.0.0.1 for this machine alone, 0.0.0.0 for all its networks.',
      error,
    );
  }
  if (code === 'EACCES' && port < 1024) {
    return new StartupError(
      'configuration',
      `This user may not listen on port ${port}.`,
      'Choose a port from 1024 with --listen, or put a proxy in front.',
      error,
    );
  }
  return error;
}
