import type { KubernetesRuntimeSettings } from '../../core/drivers.ts';
import { UserError } from '../../core/errors.ts';

type ReleaseSettings = Pick<KubernetesRuntimeSettings, 'image' | 'annotation'>;

/** Holds the release where the target file names no annotation: the tag of an image has only the version of it. */
const ownAnnotation = 'shiproom/release';

export const annotationOf = ({ annotation }: ReleaseSettings): string => annotation ?? ownAnnotation;

const versionOf = (release: string): string => release.slice(release.lastIndexOf('@') + 1);

const filled = (pattern: string, release: string): string =>
  pattern.replaceAll('{release}', release).replaceAll('{version}', versionOf(release));

/** The image of a release; undefined where a release changes the annotation alone. Throws UserError where that is no image. */
export function imageOf({ image }: ReleaseSettings, release: string): string | undefined {
  if (image === undefined) return undefined;
  const name = filled(image, release);
  if (/^[^\s:@]+(:\d+\/[^\s:@]+)?(:\w[\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.test(name)) return name;
  throw new UserError(
    `runtime.image ${image} and the release ${release} make "${name}", which is no name of an image.`,
    ['a tag has letters, digits and . _ -; {version} is what comes after the @ of a release'],
  );
}

/** What a template or a pod runs. */
export interface Labelled {
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the container. */
  readonly image: string;
}

/**
 * The release by the annotation, or where that is missing by the image. A tag that is not the one of the annotated release is
 * believed more than the annotation: `kubectl set image` leaves the annotation as it was. Undefined where nothing shows it.
 */
export function releaseOf({ annotations, image }: Labelled, settings: ReleaseSettings): string | undefined {
  const annotated = annotations[annotationOf(settings)];
  const { image: pattern } = settings;
  if (pattern === undefined) return annotated;
  const shown = shownBy(image, pattern);
  if (annotated === undefined) return matched(shown, pattern);
  const wanted = lastPart(filled(pattern, annotated));
  // A digest alone hides the tag; it is that of the release as far as the name of the image agrees.
  const isByDigest = image.includes('@') && shown === wanted.split(/[:@]/)[0];
  return isByDigest || shown === wanted ? annotated : (matched(shown, pattern) ?? shown);
}

/** A registry may be mirrored, and a webhook may have added the digest. */
const lastPart = (image: string): string => image.slice(image.lastIndexOf('/') + 1);
const shownBy = (image: string, pattern: string): string =>
  pattern.includes('@') ? lastPart(image) : (lastPart(image).split('@')[0] ?? '');

function matched(shown: string, pattern: string): string | undefined {
  const parts = lastPart(pattern).split(/\{(?:release|version)\}/);
  const expression = parts.map((part) => part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('(.+)');
  return new RegExp(`^${expression}$`).exec(shown)?.[1];
}
