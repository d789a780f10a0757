import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

let api: Harness;
const databases = `/v1/organizations/${OWNER}/databases`;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  await api.stop();
});

test('a new database is answered with name, id and address, and its file is there', async () => {
  const { status, body } = await api.post(databases, { name: 'shop', group: 'default' });
  expect(status).toBe(200);
  expect(body.database).toMatchObject({ Name: 'shop', Hostname: 'shop-ada.localhost:8080' });
  expect(await api.engine.files()).toEqual([`${body.database.DbId}/local`]);
});
