import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness } from '../testing/harness.ts';

let api: Harness;
let databaseId: string;
const INSTANCES = '/v1/organizations/ada/databases/shop/instances';

beforeEach(async () => {
  api = await Harness.start();
  databaseId = await api.database('shop');
  await api.post('/v1/groups/default/locations/lhr');
});

afterEach(async () => {
  await api.stop();
});

test('each instance tells how far it is behind its primary', async () => {
  await api.engine.write({ databaseId, location: 'local' }, '12345');
  await api.engine.write({ databaseId, location: 'lhr' }, '123');
  const { body } = await api.get(INSTANCES);
  expect(body.instances).toMatchObject([
    { name: 'local', type: 'primary', lag_frames: 0, lag_ms: 0 },
    { name: 'lhr', type: 'replica', lag_frames: 2, lag_ms: 2000 },
  ]);
  expect((await api.get(`${INSTANCES}/lhr`)).body.instance).toMatchObject({ lag_frames: 2 });
});

test('an instance whose lag cannot be known is listed all the same', async () => {
  await api.engine.removeReplica({ databaseId, location: 'lhr', role: 'replica' });
  const { body } = await api.get(INSTANCES);
  expect(body.instances[1]).toMatchObject({ name: 'lhr', lag_frames: null, lag_ms: null });
});
