/**
 * The files for deployments are well formed; what this machine has the programs for is checked by them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

const folder = path.resolve(import.meta.dirname, '../deploy');
const UNITS = ['skerry.service', 'sqld-primary.service', 'sqld-replica.service'];

function read(unit: string): string {
  return readFileSync(path.join(folder, 'systemd', unit), 'utf8');
}

function has(program: string, ...args: string[]): boolean {
  return spawnSync(program, args).status === 0;
}

test.skipIf(!has('systemd-analyze', '--version'))('systemd has nothing against the units (systemd-analyze)', () => {
  for (const unit of UNITS) {
    const { stdout, stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', path.join(folder, 'systemd', unit)],
      {
        encoding: 'utf8',
      },
    );
    // Programs and users that this machine does not have are no fault of the unit.
    const complaints = `${stdout}${stderr}`
      .split('\n')
      .filter(
        (line) => line.includes(unit) && !/is not executable|Failed to (find|resolve)|No such (file|user)/.test(line),
      );
    expect(complaints).toEqual([]);
  }
});

test('what the image and the unit of Skerry start is there, and brings the web page', () => {
  const root = path.resolve(folder, '..');
  const image = readFileSync(path.join(folder, 'compose/Dockerfile'), 'utf8');
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(image)?.[1] ?? '[]') as string[];
  const unit = /^ExecStart=\S+ \/opt\/skerry\/(\S+) start$/m.exec(read('skerry.service'))?.[1] ?? '';
  const files = [...entry.filter((part) => part.includes('/')), unit];
  expect(files.length).toBe(3);
  expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  // The tools that build the page are development dependencies.
  expect(image).toContain('npm prune --omit=dev');
  expect(image).not.toMatch(/npm ci[^&\n]*--omit=dev/);
});

test('a replica is told of its primary, and only a primary has a gRPC port', () => {
  expect(read('sqld-primary.service')).toContain('--grpc-listen-addr');
  expect(read('sqld-replica.service')).toContain('--primary-grpc-url');
  expect(read('sqld-replica.service')).not.toContain('--grpc-listen-addr');
});

test.skipIf(!has('docker', 'compose', 'version'))('Docker Compose understands its file (docker compose)', () => {
  const { status, stderr } = spawnSync(
    'docker',
    ['compose', '-f', path.join(folder, 'compose/compose.yaml'), 'config', '-q'],
    {
      encoding: 'utf8',
      env: { ...process.env, SQLD_ADMIN_KEY: 'key', SKERRY_GATEWAY_KEY: 'key' },
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
