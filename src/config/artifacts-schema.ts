import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { commandWith } from './target-schemas.ts';

const bundleExample =
  '{ command: [flutter, build, appbundle], folder: ../../app, file: build/app/outputs/bundle/release/app-release.aab }';
const imageExample =
  "{ command: [docker, build, --tag, '{tag}', .], folder: ../../api, tag: 'freetask-api:{version}', digest: [docker, image, inspect, --format, '{{.Id}}', '{tag}'] }";

const off = z.strictObject({ off: z.string().min(1, 'the reason') });
const folder = z.string().min(1);

/** Relative to the folder of the build: what the build writes is below it. */
const fileSchema = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..'),
    'a path below `folder`; * for any characters',
  );

export const bundleSchema = z
  .strictObject({
    command: commandWith(),
    folder,
    /** What the build writes: one path or several, each has to match a file. */
    file: fileSchema.exactOptional(),
    files: z.array(fileSchema).min(1, 'at least one file').exactOptional(),
    timeout: durationSchema.prefault('30m'),
  })
  .refine(({ file, files }) => (file === undefined) !== (files === undefined), {
    path: ['file'],
    error: `\`file\` or \`files\`, one of both: ${bundleExample}`,
  });

const namesRelease = (text: string): boolean => /\{(?:release|version)\}/.test(text);

/** A command that is asked for one tag: without it the answer would be of another release. */
const ofTag = commandWith('tag', 'release', 'version').refine(
  ([, ...args]) => args.some((arg) => arg.includes('{tag}') || namesRelease(arg)),
  "an argument holds '{tag}', '{release}' or '{version}'",
);

export const imageSchema = z.strictObject({
  command: commandWith('tag', 'release', 'version'),
  folder,
  tag: z
    .string()
    .min(1)
    .refine(namesRelease, "holds {release} or {version}, what comes after its @: 'freetask-api:{version}'"),
  digest: ofTag,
  published: ofTag.exactOptional(),
  running: commandWith('place', 'address')
    .refine(
      ([, ...args]) => args.some((arg) => /\{(?:place|address)\}/.test(arg)),
      "an argument holds '{place}' or '{address}'",
    )
    .exactOptional(),
  timeout: durationSchema.prefault('30m'),
  readTimeout: durationSchema.prefault('30s'),
});

/** Clause 1.3: what is built of a release. A piece that the target does not have gives its reason. */
export const artifactsSchema = z.strictObject({
  bundle: z.union([off, bundleSchema], { error: `${bundleExample}, or { off: REASON }` }).exactOptional(),
  image: z.union([off, imageSchema], { error: `${imageExample}, or { off: REASON }` }).exactOptional(),
});
