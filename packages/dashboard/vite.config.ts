/**
 * The build of the page: hashed assets, routes in chunks of their own, and each file also compressed, so that the
 * gateway compresses nothing while it serves.
 *
 * @module
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';

import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Below this many bytes the head of an answer weighs more than what compression saves. */
const COMPRESS_FROM_BYTES = 1024;

export default defineConfig({
  plugins: [react(), compressed()],
  server: {
    proxy: Object.fromEntries(['/v1', '/v2', '/v3', '/db', '/health'].map((path) => [path, 'http://127.0.0.1:8080'])),
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    // Says on a slow machine that compression takes its time.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
});

function compressed(): Plugin {
  return {
    name: 'skerry-compressed',
    apply: 'build',
    async writeBundle({ dir = 'dist' }) {
      for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
        const file = path.join(entry.parentPath, entry.name);
        if (entry.isFile() && /\.(js|css|html|svg|json)$/.test(entry.name)) {
          const raw = await readFile(file);
          if (raw.length >= COMPRESS_FROM_BYTES) {
            await writeFile(`${file}.gz`, await promisify(gzip)(raw, { level: 9 }));
            await writeFile(`${file}.br`, await promisify(brotliCompress)(raw));
          }
        }
      }
    },
  };
}
