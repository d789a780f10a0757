/**
 * What this machine's network says: whether a name resolves, and who holds a port.
 *
 * @module
 */
import { lookup } from 'node:dns/promises';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { isIP } from 'node:net';
import { endianness } from 'node:os';
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

export interface Listen {
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
}

/**
 * Who keeps others from listening there, as `name (process 123)`: the same port of another address is another one. Linux
 * only, and only processes this user may look into; undefined otherwise.
 */
export async function portHolder(listen: Listen): Promise<string | undefined> {
  try {
    const inodes = await listeningInodes(listen);
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

/** As the kernel's tables write them. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0'.repeat(8), '0'.repeat(32)]);

async function listeningInodes({ host, port }: Listen): Promise<ReadonlySet<string>> {
  const addresses = new Set((await lookup(host, { all: true })).flatMap(({ address }) => tableForms(address)));
  const isAny = [...addresses].some((address) => ANY_ADDRESS.has(address));
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map(async (file) => await readFile(file, 'utf8').catch(() => '')),
  );
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const isHeld = (local = ''): boolean => {
    const [address = '', itsPort] = local.split(':');
    return itsPort === hexPort && (isAny || ANY_ADDRESS.has(address) || addresses.has(address));
  };
  // Columns: slot, local address:port, remote, state, queues, timer, retransmits, uid, timeout, inode.
  const rows = tables.flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)));
  return new Set(rows.filter((row) => isHeld(row[1]) && row[3] === TCP_LISTEN).map((row) => `socket:[${row[9]}]`));
}

/** In hexadecimal, by words of 32 bits whose bytes are in this machine's order; an IPv4 address also as one of IPv6. */
function tableForms(address: string): string[] {
  if (isIP(address) === 6) {
    return [wordsOf(ipv6Bytes(address))];
  }
  const bytes = Uint8Array.from(address.split('.'), Number);
  return [wordsOf(bytes), wordsOf(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes))];
}

function ipv6Bytes(address: string): Uint8Array {
  // The URL standard's parser writes it in one form, without an IPv4 part.
  const [before = '', after = ''] = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1).split('::');
  const [head, tail] = [before, after].map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - (head?.length ?? 0) - (tail?.length ?? 0) }, () => '0');
  const groups = [...(head ?? []), ...zeros, ...(tail ?? [])].map((group) => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function wordsOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes);
  if (endianness() === 'LE') {
    buffer.swap32();
  }
  return buffer.toString('hex').toUpperCase();
}

async function holdsSocket(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const targets = await Promise.all(
    descriptors.map(async (fd) => await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')),
  );
  return targets.some((target) => sockets.has(target));
}
