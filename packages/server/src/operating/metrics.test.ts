import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from 'vitest';

import { type BackupFigures, Metrics } from './metrics.ts';

function metricsOf(backup?: BackupFigures): Metrics {
  return new Metrics({
    openSockets: () => 3,
    hosts: () => ({ up: 2, restarts: 1 }),
    servers: () => [
      { location: 'fra', role: 'primary', isUp: true },
      { location: 'ams', role: 'replica', isUp: false },
    ],
    databases: async () => await Promise.resolve(7),
    backup: () => backup,
  });
}

async function backupLines(backup?: BackupFigures): Promise<string[]> {
  const { body } = await metricsOf(backup).text();
  return body.split('\n').filter((line) => line.startsWith('skerry_backup'));
}

test('every figure is in the text, with what was counted', async () => {
  const metrics = metricsOf();
  metrics.request('database', 200, 0.003);
  metrics.request('database', 204, 0.003);
  metrics.request('api', 503, 1.5);
  metrics.rows(10, 4);
  const { body, contentType } = await metrics.text();
  expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'skerry_requests_total{target="database",status="2xx"} 2',
      'skerry_requests_total{target="api",status="5xx"} 1',
      'skerry_request_seconds_bucket{le="0.0025",target="database"} 0',
      'skerry_request_seconds_bucket{le="0.005",target="database"} 2',
      'skerry_rows_total{kind="read"} 10',
      'skerry_rows_total{kind="written"} 4',
      'skerry_open_sockets 3',
      'skerry_hosts_up 2',
      'skerry_host_restarts 1',
      'skerry_databases 7',
      'skerry_server_up{location="fra",role="primary"} 1',
      'skerry_server_up{location="ams",role="replica"} 0',
    ]),
  );
});

test('the backup tells how old the oldest commit is that is not stored, and of what is not known nothing', async () => {
  const figures = { state: 'failing', pendingDatabases: 2, storedBytes: 10, failures: 3 };
  const pendingSinceMs = Date.now() - 90_000;
  expect(await backupLines()).toEqual([]);
  const unknown = await backupLines({ ...figures, pendingSinceMs, storedMs: null, verification: null });
  expect(unknown).toEqual([
    'skerry_backup_following 0',
    'skerry_backup_pending_databases 2',
    expect.stringMatching(/^skerry_backup_pending_age_seconds 9\d/),
    'skerry_backup_stored_bytes 10',
    'skerry_backup_failures 3',
  ]);
  const verification = { ok: false, finishedMs: 2_000 };
  expect(await backupLines({ ...figures, pendingSinceMs: null, storedMs: 1_000, verification })).toEqual(
    expect.arrayContaining([
      'skerry_backup_pending_age_seconds 0',
      'skerry_backup_stored_timestamp_seconds 1',
      'skerry_backup_verified 0',
      'skerry_backup_verified_timestamp_seconds 2',
    ]),
  );
});

test('the dashboard for Grafana asks for no figure that there is not', async () => {
  const metrics = metricsOf();
  metrics.request('database', 200, 0.003);
  metrics.rows(1, 1);
  const { body } = await metrics.text();
  const told = new Set(body.split('\n').map((line) => /^[a-z_0-9]+/.exec(line)?.[0]));
  const file = path.resolve(import.meta.dirname, '../../../../deploy/grafana/skerry.json');
  const { panels } = JSON.parse(readFileSync(file, 'utf8')) as { panels: { targets: { expr: string }[] }[] };
  const asked = panels
    .flatMap(({ targets }) => targets)
    .flatMap(({ expr }) => expr.match(/(skerry|process|nodejs)_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(8);
  expect(asked.filter((name) => !told.has(name))).toEqual([]);
});
