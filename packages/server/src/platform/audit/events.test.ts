import { afterEach, beforeEach, expect, test } from 'vitest';

import { Harness, OWNER } from '../testing/harness.ts';

const EVENTS = `/v1/organizations/${OWNER}/events`;

let api: Harness;

beforeEach(async () => {
  api = await Harness.start();
});

afterEach(async () => {
  api.platform.endEvents();
  await api.stop();
});

/** The answer that goes on, read event by event. */
async function listen(token = api.token): Promise<{ response: Response; next: () => Promise<string | undefined> }> {
  const response = await api.platform.app.request(EVENTS, { headers: { authorization: `Bearer ${token}` } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<string | undefined> => {
    while (true) {
      const end = text.indexOf('\n\n');
      if (end !== -1) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        if (!block.startsWith(':')) {
          return block;
        }
        continue;
      }
      const read = await reader?.read();
      if (read === undefined || read.done) {
        return undefined;
      }
      text += read.value;
    }
  };
  // The first comment says that listening has begun.
  const first = await reader?.read();
  text += first?.value ?? '';
  return { response, next };
}

test('every change is told once, in order, when it is made, as server-sent events', async () => {
  const { response, next } = await listen();
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  await api.database('shop');
  await api.delete(`/v1/organizations/${OWNER}/databases/shop`);
  expect(await next()).toBe('event: change\ndata: {"code":"db-create","created_at":"2026-06-01T12:00:00Z"}');
  expect(await next()).toContain('"code":"db-delete"');
});

test('what is refused is not told, and neither is what happens elsewhere', async () => {
  const { next } = await listen();
  await api.post(`/v1/organizations/${OWNER}/databases`, { name: 'Not A Name', group: 'default' });
  await api.post('/v1/organizations', { name: 'elsewhere' });
  await api.post('/v1/organizations/elsewhere/databases', { name: 'theirs', group: 'default' });
  await api.database('mine');
  expect(await next()).toContain('"code":"db-create"');
  api.platform.endEvents();
  expect(await next()).toBeUndefined();
});

test('it ends when the token does', async () => {
  const { body } = await api.post('/v1/auth/api-tokens/listener');
  const { next } = await listen(body.token);
  await api.delete('/v1/auth/api-tokens/listener');
  let event = await next();
  while (event !== undefined) {
    expect(event).toContain('user-token');
    event = await next();
  }
  expect(event).toBeUndefined();
});

test('strangers hear nothing', async () => {
  const token = await api.user('eve');
  const response = await api.platform.app.request(EVENTS, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(403);
  expect((await api.platform.app.request(EVENTS)).status).toBe(401);
});
