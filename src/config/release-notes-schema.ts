import { z } from 'zod';

/** Where the notes of a release come from and where they are published (3.4a). */
export const releaseNotesSchema = z.union(
  [
    z.strictObject({ off: z.string().min(1, 'the reason') }),
    z.strictObject({
      /** Folder of the git repository, bare or not, relative to the target file. */
      repository: z.string().min(1),
      /** The file that the notes are added to, relative to the target file. */
      file: z.string().min(1),
      /** Tag of a release. */
      tag: z
        .string()
        .regex(/^[^\s~^:?*[\\]*\{release\}[^\s~^:?*[\\]*$/, 'a tag with {release}, such as v{release}')
        .default('{release}'),
    }),
  ],
  { error: '{ repository: ../.., file: ../../docs/release-notes.md, tag: "{release}" } or { off: REASON }' },
);
