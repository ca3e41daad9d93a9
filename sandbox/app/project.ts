import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { apiFiles, appFiles } from './files.ts';

/** Folders below the state folder: what `npm run preflight` checks and builds. */
export const projectFolders = (state: string) => ({
  app: join(state, 'app'),
  api: join(state, 'api'),
  /** `flutter`, `freetask-lint` and `freetask-image`: the first folder of the PATH of their commands. */
  programs: join(state, 'bin'),
  images: join(state, 'images'),
});

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Writes the app, the API and their programs anew, so that what a test broke is whole again. No image is kept. */
export async function writeProject(state: string): Promise<void> {
  const { app, api, programs, images } = projectFolders(state);
  const program = (script: string, ...args: string[]) =>
    `#!/bin/sh\nexec ${[process.execPath, join(import.meta.dirname, script), ...args].map(quoted).join(' ')} "$@"\n`;
  await Promise.all([app, api, programs, images].map((folder) => rm(folder, { recursive: true, force: true })));
  await Promise.all([
    writeFiles(app, appFiles),
    writeFiles(api, apiFiles),
    writeFiles(programs, {
      flutter: program('flutter.mjs'),
      'freetask-lint': program('lint.mjs'),
      'freetask-image': program('image.mjs', '--images', images),
    }),
  ]);
  await Promise.all(['flutter', 'freetask-lint', 'freetask-image'].map((name) => chmod(join(programs, name), 0o755)));
}

const writeFiles = (folder: string, files: Readonly<Record<string, string>>): Promise<void[]> =>
  Promise.all(
    Object.entries(files).map(async ([path, text]) => {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }),
  );
