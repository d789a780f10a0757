/**
 * Mastra's vector store on libSQL: nearest neighbours by cosine distance, with a filter on metadata.
 *
 * @module
 */
import assert from 'node:assert/strict';

import { LibSQLVector } from '@mastra/libsql';

import { withDatabase } from '../skerry.ts';

const COLOURS = [
  { name: 'red', warm: true, rgb: [255, 0, 0] },
  { name: 'orange', warm: true, rgb: [255, 165, 0] },
  { name: 'yellow', warm: true, rgb: [255, 255, 0] },
  { name: 'green', warm: false, rgb: [0, 128, 0] },
  { name: 'blue', warm: false, rgb: [0, 0, 255] },
  { name: 'violet', warm: false, rgb: [143, 0, 255] },
];

await withDatabase('mastra', async ({ url, authToken }) => {
  const store = new LibSQLVector({ id: 'colours', url, authToken });
  await store.createIndex({ indexName: 'colours', dimension: 3 });
  assert.deepEqual(await store.listIndexes(), ['colours']);
  await store.upsert({
    indexName: 'colours',
    vectors: COLOURS.map(({ rgb }) => rgb),
    metadata: COLOURS.map(({ name, warm }) => ({ name, warm })),
    ids: COLOURS.map(({ name }) => name),
  });

  const near = await store.query({ indexName: 'colours', queryVector: [255, 100, 0], topK: 2 });
  console.table(near.map(({ id, score }) => ({ id, score })));
  assert.deepEqual(
    near.map(({ id }) => id),
    ['orange', 'red'],
  );
  const cold = await store.query({
    indexName: 'colours',
    queryVector: [255, 100, 0],
    topK: 1,
    filter: { warm: false },
  });
  assert.deepEqual(
    cold.map(({ id }) => id),
    ['violet'],
  );
  assert.equal((await store.describeIndex({ indexName: 'colours' })).count, COLOURS.length);
});
