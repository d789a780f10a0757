/**
 * The web page on the bare address: the files that its build made, held in memory and never compressed while serving.
 *
 * The page needs nothing from anywhere else, and its policy says so to the browser: no script but its own files, no
 * request but to this address.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';

import { SkerryError } from '@skerry/contract/errors/catalogue';

import { refusal, refuse } from './answers.ts';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Best first. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const;

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Addresses that the page itself has views for; everything else on the bare address is not the page's. */
const VIEW = /^\/(|sign-in|o(\/.*)?)$/;

/** The address that Turso's CLI opens to be let in; the platform answers it (platform/pages). */
const CLI_LOGIN = /^\/\?(?:.*&)?redirect=(?:true|false)(?:&|$)/;

interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly bodies: ReadonlyMap<string, Buffer>;
}

export class Page {
  readonly #assets: ReadonlyMap<string, Asset>;

  private constructor(assets: ReadonlyMap<string, Asset>) {
    this.#assets = assets;
  }

  /** Reads the build's folder. Without one, `handle` answers how to make it. */
  static async load(folder: string): Promise<Page> {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    const files = new Set(names.map((name) => name.replaceAll(path.sep, '/')));
    const assets = new Map<string, Asset>();
    for (const name of files) {
      const contentType = CONTENT_TYPES[path.extname(name)];
      if (contentType !== undefined) {
        const raw = await readFile(path.join(folder, name));
        const bodies = new Map<string, Buffer>([['identity', raw]]);
        for (const { name: encoding, suffix } of ENCODINGS) {
          if (files.has(`${name}${suffix}`)) {
            bodies.set(encoding, await readFile(path.join(folder, `${name}${suffix}`)));
          }
        }
        const etag = `"${createHash('sha256').update(raw).digest('base64url').slice(0, 22)}"`;
        assets.set(`/${name}`, { contentType, etag, bodies });
      }
    }
    return new Page(assets);
  }

  /**
   * Answers a request for a view or a file of the page.
   *
   * @param requestPath without the query
   * @returns false, with nothing answered, when the request is for somebody else
   */
  handle(request: IncomingMessage, response: ServerResponse, requestPath: string): boolean {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return false;
    }
    const isView = VIEW.test(requestPath) && !CLI_LOGIN.test(request.url ?? '');
    const asset = this.#assets.get(isView ? '/index.html' : requestPath);
    if (asset === undefined) {
      if (isView) {
        refuse(response, refusal(new SkerryError('page_not_built')));
      }
      return isView;
    }
    send(request, response, asset, requestPath.startsWith('/assets/'));
    return true;
  }
}

function send(request: IncomingMessage, response: ServerResponse, asset: Asset, isHashed: boolean): void {
  const headers = {
    ...SECURITY_HEADERS,
    // The name of a hashed file changes with its content; what refers to it must be asked for each time.
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: asset.etag,
    vary: 'accept-encoding',
  };
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const accepted = request.headers['accept-encoding'] ?? '';
  const encoding = ENCODINGS.map(({ name }) => name).find((name) => accepts(accepted, name) && asset.bodies.has(name));
  const body = asset.bodies.get(encoding ?? 'identity');
  response.writeHead(200, {
    ...headers,
    'content-type': asset.contentType,
    'content-length': body?.length ?? 0,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function accepts(header: string, encoding: string): boolean {
  return header.split(',').some((part) => {
    const [name, weight = ''] = part.trim().split(';');
    return name === encoding && !/q=0(\.0*)?$/.test(weight.trim());
  });
}
