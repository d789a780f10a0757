/**
 * Freezes the protocol. A schema that changes breaks clients that nobody can update, so a change has to be made twice: in
 * the schema, and here, beside the version that brought it.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { type DescFile, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';

import { file_hrana_http } from './gen/hrana/http_pb.ts';
import { file_hrana_shared } from './gen/hrana/shared_pb.ts';
import { file_hrana_ws } from './gen/hrana/ws_pb.ts';
import { NEWEST_VERSION } from './shared/version.ts';

test('the Protobuf schemas are those of version 3', () => {
  expect({
    version: NEWEST_VERSION,
    shared: hash(descriptor(file_hrana_shared)),
    http: hash(descriptor(file_hrana_http)),
    ws: hash(descriptor(file_hrana_ws)),
  }).toEqual({ version: 3, shared: 'ad83ba5d45b34dc1', http: 'a7acc950a0e38786', ws: '90fa7c85f36fc4bb' });
});

test('the message types are those of version 3', async () => {
  const files = ['shared', 'http', 'ws'].map(async (folder) => [folder, hash(await code(`${folder}/proto.ts`))]);
  expect({ version: NEWEST_VERSION, ...Object.fromEntries(await Promise.all(files)) }).toEqual({
    version: 3,
    shared: '93d5905be838ddf5',
    http: '1b48cde38a170fdd',
    ws: 'ca17e17da44a4d15',
  });
});

function descriptor(file: DescFile): Uint8Array {
  return toBinary(FileDescriptorProtoSchema, file.proto);
}

/** A source file without comments and layout. */
async function code(file: string): Promise<string> {
  const text = await readFile(path.join(import.meta.dirname, file), 'utf8');
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replaceAll(/\s+|,(?=\s*[}\]])/g, '');
}

function hash(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
