/**
 * Hosts that have outlived their server. When a server is killed, its hosts see their socket close and end; one that is
 * amid a statement sees nothing before that is over, which may be never. It would keep a core busy and the database from
 * being checkpointed, and it could write into the work cell of the host that takes its number.
 *
 * A data folder has one server at a time (data-dir.ts): hosts of it that run before this server has started any are such.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Ends them, and returns their process ids. On Windows none is found. */
export function endLeftHosts(runDir: string): number[] {
  // As it stands in the options, which a host has as its last argument.
  const mark = `"workCellPath":${JSON.stringify(path.join(runDir, 'host-')).slice(0, -1)}`;
  return commands()
    .filter(({ command }) => command.includes(mark))
    .map(({ pid }) => pid)
    .filter(end);
}

interface Command {
  readonly pid: number;
  readonly command: string;
}

function commands(): Command[] {
  try {
    return process.platform === 'linux' ? commandsInProc() : process.platform === 'win32' ? [] : commandsOfPs();
  } catch {
    // What is not told cannot be ended; the server works without.
    return [];
  }
}

function commandsInProc(): Command[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), command: commandInProc(pid) }));
}

function commandInProc(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // It has just ended, or is somebody else's.
    return '';
  }
}

function commandsOfPs(): Command[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return lines.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
}

function end(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
