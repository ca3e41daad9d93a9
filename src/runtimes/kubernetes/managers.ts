import type { Deployment } from './objects.ts';

const own = 'shiproom';

/** What has written the field last, by managedFields: `kubectl-rollout`, `argocd-controller`; undefined where that is not recorded. */
export function managerOf({ metadata }: Deployment, field: 'paused' | 'replicas' | 'template'): string | undefined {
  const writers = metadata.managedFields.filter(({ fieldsV1 }) => hasSpecField(fieldsV1, `f:${field}`));
  return writers.toSorted((one, other) => one.time.localeCompare(other.time)).at(-1)?.manager;
}

function hasSpecField(fields: unknown, name: string): boolean {
  const spec = (fields as { readonly 'f:spec'?: Readonly<Record<string, unknown>> } | null | undefined)?.['f:spec'];
  return spec !== undefined && name in spec;
}

/** Whether a pause is ours: `replaceFirst` leaves the Deployment paused. */
export const isPausedByOther = (deployment: Deployment): boolean =>
  deployment.spec.paused && managerOf(deployment, 'paused') !== own;

/** `by argocd-controller`, for a sentence. */
export const byManager = (manager: string | undefined): string => `by ${manager ?? 'another writer'}`;
