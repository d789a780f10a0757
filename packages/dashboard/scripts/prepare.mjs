// Builds the page after an install. Without the build tools (`npm ci --omit=dev`) or without need nothing happens:
// the server then says how to build it.
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
try {
  require.resolve('vite');
  require.resolve('@vitejs/plugin-react');
} catch {
  process.stdout.write('The web page is not built: its build tools are not installed.\n');
  process.exit(0);
}
const { build } = await import('vite');
await build({ root, logLevel: 'warn' });
process.stdout.write('The web page is built.\n');
