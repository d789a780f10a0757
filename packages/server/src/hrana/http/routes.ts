/**
 * The paths below a database's address, as data. Source: sqld's `http/user/mod.rs`.
 *
 * @module
 */
import { jsonOf, PROTOBUF } from './codecs.ts';
import { cursor } from './cursor.ts';
import { dump } from './dump.ts';
import { legacy } from './legacy.ts';
import { listen } from './listen.ts';
import { pipeline } from './pipeline.ts';
import { json, text } from './request.ts';
import type { Answer, HostRequest } from './request.ts';
import { finishUpload, startUpload, uploadPart } from './upload-parts.ts';
import { upload } from './upload.ts';
import * as version1 from './version-1.ts';

/** Undefined: the handler has answered on the channel itself. */
export type Handler = (request: HostRequest) => Answer | Promise<Answer | undefined>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** With parts that vary as `*`: each stands for one or more characters other than a slash. */
  readonly path: string;
  /** Answers also while the database waits for its upload, and without any right. */
  readonly isOpen?: true;
  /** Takes the body from the channel piece by piece. */
  readonly streamsBody?: true;
  /** Says before each thing that may block that it does (`Caller.beforeWork`), and does not block before. */
  readonly isQuick?: true;
  readonly handle: Handler;
}

const V2 = jsonOf(2);
const V3 = jsonOf(3);
const GREETING = 'Hello, this is HTTP API v2 (Hrana over HTTP)';
/** Clients read the leading word to tell what they speak to. */
const VERSION = 'sqld compatible: Skerry';

function page(path: string, body: string): Route {
  return { method: 'GET', path, isOpen: true, handle: () => text(body) };
}

export const ROUTES: readonly Route[] = [
  page('/health', ''),
  page('/version', VERSION),
  page('/v1', 'This is sqld HTTP API v1'),
  page('/v2', GREETING),
  page('/v3', GREETING),
  page('/v3-protobuf', GREETING),
  { method: 'POST', path: '/v1/execute', isQuick: true, handle: version1.execute },
  { method: 'POST', path: '/v1/batch', isQuick: true, handle: version1.batch },
  { method: 'POST', path: '/v2/pipeline', isQuick: true, handle: (request) => pipeline(request, V2) },
  { method: 'POST', path: '/v3/pipeline', isQuick: true, handle: (request) => pipeline(request, V3) },
  { method: 'POST', path: '/v3/cursor', handle: async (request) => await cursor(request, V3) },
  {
    method: 'POST',
    path: '/v3-protobuf/pipeline',
    isQuick: true,
    handle: (request) => pipeline(request, PROTOBUF),
  },
  { method: 'POST', path: '/v3-protobuf/cursor', handle: async (request) => await cursor(request, PROTOBUF) },
  { method: 'POST', path: '/', handle: legacy },
  { method: 'GET', path: '/dump', handle: dump },
  { method: 'GET', path: '/beta/listen', handle: listen },
  { method: 'POST', path: '/v1/upload', isOpen: true, streamsBody: true, handle: upload },
  { method: 'PUT', path: '/v2/upload/start', isOpen: true, handle: startUpload },
  { method: 'PUT', path: '/v2/upload/chunk/*', isOpen: true, streamsBody: true, handle: uploadPart },
  { method: 'PUT', path: '/v2/upload/finalize', isOpen: true, handle: finishUpload },
  { method: 'PUT', path: '/v2/upload/*/chunk/*', isOpen: true, streamsBody: true, handle: uploadPart },
  { method: 'PUT', path: '/v2/upload/*/finalize', isOpen: true, handle: finishUpload },
  // Shared schemas are gone from Turso; old clients ask whether a migration runs.
  {
    method: 'GET',
    path: '/v1/jobs',
    handle: () => json('{"schema_version":0,"migrations":[]}'),
  },
];
