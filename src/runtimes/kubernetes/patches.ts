import { isDeepStrictEqual } from 'node:util';
import type { KubernetesRuntimeSettings } from '../../core/drivers.ts';
import type { JsonPatch } from '../../system/kubernetes.ts';
import { findContainer, required } from './containers.ts';
import { plainTemplate } from './deployment-state.ts';
import type { Deployment, ReplicaSet } from './objects.ts';
import { annotationOf, imageOf } from './release-of.ts';

/** Each patch tests what was read, so that the API server refuses it (422) where another writer was faster. */
const guard = ({ metadata, spec }: Deployment): JsonPatch[] => [
  { op: 'test', path: '/metadata/uid', value: metadata.uid },
  { op: 'test', path: '/spec/template', value: spec.template.raw },
];

const unpause = ({ spec }: Deployment): JsonPatch[] =>
  spec.paused
    ? [
        { op: 'test', path: '/spec/paused', value: true },
        { op: 'replace', path: '/spec/paused', value: false },
      ]
    : [];

/** `example.org/release` as one member of a JSON pointer. */
const pointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Sets image and annotation of the release, ends a pause, and gives a Deployment without replicas so many. Undefined where all of
 * it is so already. Throws UserError for a container or an image that cannot be.
 */
export function releasePatch(
  deployment: Deployment,
  wanted: { readonly release: string; readonly replicas?: number },
  settings: KubernetesRuntimeSettings,
): readonly JsonPatch[] | undefined {
  const { replicas } = deployment.spec;
  const changes: JsonPatch[] = [
    ...templateChanges(deployment, wanted.release, settings),
    ...unpause(deployment),
    ...(replicas === 0 && wanted.replicas !== undefined
      ? ([
          { op: 'test', path: '/spec/replicas', value: 0 },
          { op: 'replace', path: '/spec/replicas', value: wanted.replicas },
        ] as const)
      : []),
  ];
  return changes.length === 0 ? undefined : [...guard(deployment), ...changes];
}

function templateChanges(
  { metadata: { name }, spec: { template } }: Deployment,
  release: string,
  settings: KubernetesRuntimeSettings,
): JsonPatch[] {
  const { index, container } = required(findContainer(template, settings), name);
  const image = imageOf(settings, release);
  const annotation = annotationOf(settings);
  const at = '/spec/template/metadata/annotations';
  const { annotations } = template.metadata;
  const isAnnotated = annotations[annotation] === release;
  // A webhook that adds the digest to the tag would otherwise be answered by another write each time.
  const hasImage = image === undefined || container.image === image || container.image.startsWith(`${image}@`);
  return [
    ...(hasImage
      ? []
      : [{ op: 'replace' as const, path: `/spec/template/spec/containers/${index}/image`, value: image }]),
    ...(isAnnotated
      ? []
      : Object.keys(annotations).length === 0
        ? [{ op: 'add' as const, path: at, value: { [annotation]: release } }]
        : [{ op: 'add' as const, path: `${at}/${pointer(annotation)}`, value: release }]),
  ];
}

/** Undefined where it is paused already. */
export const pausePatch = (deployment: Deployment): readonly JsonPatch[] | undefined =>
  deployment.spec.paused ? undefined : [...guard(deployment), { op: 'add', path: '/spec/paused', value: true }];

/** Undefined where it is not paused. */
export const resumePatch = (deployment: Deployment): readonly JsonPatch[] | undefined =>
  deployment.spec.paused ? [...guard(deployment), ...unpause(deployment)] : undefined;

/** The template of the ReplicaSet; ends a pause in the same write. Undefined where the two templates are equal. */
export function restorePatch(deployment: Deployment, set: ReplicaSet): readonly JsonPatch[] | undefined {
  const template = plainTemplate(set.spec.template);
  if (isDeepStrictEqual(template, plainTemplate(deployment.spec.template))) return undefined;
  return [...guard(deployment), { op: 'replace', path: '/spec/template', value: template }, ...unpause(deployment)];
}
