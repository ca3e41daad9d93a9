import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface WebPrefixes {
  readonly auth: string;
  readonly api: string;
}

const source = join(import.meta.dirname, 'client');

/**
 * Builds the web client into `outDir`. `broken-button` is a typical regression: a button was renamed in the page, and
 * the code still uses the old name.
 */
export async function buildWeb(
  outDir: string,
  variant: 'healthy' | 'broken-button',
  prefixes: WebPrefixes = { auth: '/auth', api: '' },
): Promise<void> {
  await mkdir(outDir, { recursive: true });
  await Promise.all([
    build({
      entryPoints: [join(source, 'main.ts')],
      outfile: join(outDir, 'client.js'),
      bundle: true,
      format: 'esm',
      target: 'es2022',
      minify: true,
      logLevel: 'silent',
      define: {
        AUTH_PREFIX: JSON.stringify(prefixes.auth),
        API_PREFIX: JSON.stringify(prefixes.api),
        RELEASE_BUTTON: JSON.stringify(variant === 'healthy' ? 'release-payment' : 'release-escrow'),
      },
    }),
    ...['index.html', 'style.css'].map((file) => cp(join(source, file), join(outDir, file))),
  ]);
}
