/**
 * What this machine's network says: whether a name resolves, and who holds a port.
 *
 * @module
 */
import { lookup } from 'node:dns/promises';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';

/** Whether names below `domain` resolve here; asks for one that no database can have, since labels hold no `_`. */
export async function resolvesBelow(domain: string): Promise<boolean> {
  return await lookup(`skerry-check.${domain}`).then(
    () => true,
    () => false,
  );
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Who listens on a TCP port, as `name (process 123)`. Linux only, and only processes this user may look into;
 * undefined otherwise.
 */
export async function portHolder(port: number): Promise<string | undefined> {
  try {
    const inodes = await listeningInodes(port);
    if (inodes.size === 0) {
      return undefined;
    }
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if (await holdsSocket(pid, inodes)) {
        return `${await programOf(pid)} (process ${pid})`;
      }
    }
  } catch {
    // No /proc on this system; the message does without.
  }
  return undefined;
}

/** The name by which a person knows it: of a program that Node runs, the script. */
async function programOf(pid: string): Promise<string> {
  const [program = '', script = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  if (script.endsWith('/cli/src/main.ts')) {
    return 'another Skerry';
  }
  return /^node\b/.test(path.basename(program)) && !script.startsWith('-') ? `node ${script}` : path.basename(program);
}

const TCP_LISTEN = '0A';

async function listeningInodes(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map(async (file) => await readFile(file, 'utf8').catch(() => '')),
  );
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  // Columns: slot, local address:port, remote, state, queues, timer, retransmits, uid, timeout, inode.
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return new Set(
    rows
      .filter((row) => row[1]?.endsWith(`:${hexPort}`) === true && row[3] === TCP_LISTEN)
      .map((row) => `socket:[${row[9]}]`),
  );
}

async function holdsSocket(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(
    descriptors.map(async (fd) => await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  return targets.some((target) => sockets.has(target));
}
