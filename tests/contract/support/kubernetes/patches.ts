import { type Fields, Refusal } from './objects.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** RFC 6902 as the API server applies it: all operations, or none and 422. */
export function applyJsonPatch<T>(object: T, operations: readonly Operation[]): T {
  const copy = structuredClone(object);
  for (const { op, path, value } of operations) {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let parent: unknown = copy;
    for (const key of keys) parent = (parent as Record<string, unknown> | undefined)?.[key];
    if (typeof parent !== 'object' || parent === null) throw invalid(`doc is missing path: ${path}: missing value`);
    applyOne(parent as Record<string, unknown>, last, { op, path, value });
  }
  return copy;
}

function applyOne(parent: Record<string, unknown>, key: string, { op, path, value }: Operation): void {
  const exists = Array.isArray(parent) ? Number(key) < parent.length : key in parent;
  switch (op) {
    case 'test':
      if (JSON.stringify(parent[key]) !== JSON.stringify(value))
        throw invalid(`testing value ${path} failed: test failed`);
      return;
    case 'add':
      if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, value);
      else parent[key] = value;
      return;
    case 'replace':
      if (!exists) throw invalid(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      parent[key] = value;
      return;
    case 'remove':
      if (!exists) throw invalid(`remove operation does not apply: doc is missing key: ${path}: missing value`);
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      return;
    default:
      throw invalid(`Unexpected kind: ${op}`);
  }
}

const invalid = (message: string): Refusal =>
  new Refusal(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);

/** RFC 7386: null removes a key, lists are replaced. */
export function applyMergePatch<T>(object: T, patch: unknown): T {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch as T;
  const merged: Record<string, unknown> = { ...(typeof object === 'object' ? (object as Fields) : {}) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = applyMergePatch(merged[key], value);
  }
  return merged as T;
}
