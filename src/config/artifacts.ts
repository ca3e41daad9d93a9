import type { ArtifactsSettings, BundleSettings, ImageSettings } from '../core/artifacts.ts';
import type { z } from 'zod';
import type { bundleSchema, imageSchema } from './artifacts-schema.ts';
import { besideFile, type Deployment } from './target-file.ts';

/** Clause 1.3 of a target file, its paths absolute. */
export function artifactsOf(file: string, { preflight }: Pick<Deployment, 'preflight'>): ArtifactsSettings {
  const { bundle, image } = preflight?.artifacts ?? {};
  const path = (preflight?.path ?? []).map((folder) => besideFile(file, folder));
  return {
    bundle: bundle === undefined ? missing('bundle') : 'off' in bundle ? bundle : bundleOf(file, path, bundle),
    image: image === undefined ? missing('image') : 'off' in image ? image : imageOf(file, path, image),
  };
}

const missing = (piece: string) => ({
  missing: `the target file names no command: preflight.artifacts.${piece}, or { off: REASON }`,
});

const bundleOf = (
  targetFile: string,
  path: readonly string[],
  { command, folder, file, files, timeout }: z.output<typeof bundleSchema>,
): BundleSettings => ({
  command,
  folder: besideFile(targetFile, folder),
  path,
  files: files ?? (file === undefined ? [] : [file]),
  timeoutMs: timeout,
});

const imageOf = (
  targetFile: string,
  path: readonly string[],
  { folder, timeout, readTimeout, ...image }: z.output<typeof imageSchema>,
): ImageSettings => ({
  ...image,
  folder: besideFile(targetFile, folder),
  path,
  timeoutMs: timeout,
  readTimeoutMs: readTimeout,
});
