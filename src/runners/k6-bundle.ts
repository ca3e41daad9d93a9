import { messageOf } from '../core/errors.ts';

/**
 * Writes a module of load/ and all that it imports as one file of JavaScript. k6 itself would compile every module again in each start,
 * and resolve an imported binding at each read. Returns why that failed, or undefined.
 */
export async function bundleLoadScripts(entry: string, outfile: string): Promise<string | undefined> {
  // Loaded here, because commands without a load do not need it.
  const { buildSync } = await import('esbuild');
  try {
    buildSync({
      entryPoints: [entry],
      outfile,
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      external: ['k6', 'k6/*'],
      logLevel: 'silent',
    });
    return undefined;
  } catch (error) {
    return messageOf(error).replaceAll(/\s+/g, ' ').slice(0, 500);
  }
}
