import type { KubernetesObject } from './objects.ts';

interface Entry {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly time: string;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: Tree;
}

interface Tree {
  [field: string]: Tree;
}

/** The object with its `managedFields` after a write: the changed fields belong to the manager alone. Lists are one field. */
export function recordManager(before: KubernetesObject, after: KubernetesObject, manager: string): KubernetesObject {
  const changed = changedFields(before.spec, after.spec);
  if (Object.keys(changed).length === 0) return after;
  const entries = (after.metadata['managedFields'] ?? []) as readonly Entry[];
  const fields = { 'f:spec': changed };
  const others = entries.filter((entry) => entry.manager !== manager);
  const own = entries.find((entry) => entry.manager === manager);
  const managedFields: Entry[] = [
    ...others.map((entry) => ({ ...entry, fieldsV1: without(entry.fieldsV1, fields) })),
    {
      manager,
      operation: 'Update',
      apiVersion: after.apiVersion,
      time: `${new Date().toISOString().slice(0, 19)}Z`,
      fieldsType: 'FieldsV1',
      fieldsV1: merged(own?.fieldsV1 ?? {}, fields),
    },
  ];
  return { ...after, metadata: { ...after.metadata, managedFields } };
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function changedFields(before: unknown, after: unknown): Tree {
  if (!isTree(after)) return {};
  const old = isTree(before) ? before : {};
  const keys = Object.keys(after).filter((key) => JSON.stringify(old[key]) !== JSON.stringify(after[key]));
  return Object.fromEntries(keys.map((key) => [`f:${key}`, changedFields(old[key], after[key])]));
}

function without(tree: Tree, taken: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([field, below]): [string, Tree][] => {
      const lost = taken[field];
      if (lost === undefined) return [[field, below]];
      const rest = without(below, lost);
      return Object.keys(rest).length === 0 ? [] : [[field, rest]];
    }),
  );
}

const merged = (one: Tree, other: Tree): Tree => ({
  ...one,
  ...Object.fromEntries(Object.entries(other).map(([field, below]) => [field, merged(one[field] ?? {}, below)])),
});
