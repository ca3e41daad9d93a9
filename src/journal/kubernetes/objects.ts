import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { systemClock } from '../../system/clock.ts';
import { type JsonPatch, type KubernetesClient, KubernetesError } from '../../system/kubernetes.ts';

/** The objects of a store: which names and labels they have, and requests whose outcome is certain. */
export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly data: Readonly<Record<string, string>>;
  readonly binaryData: Readonly<Record<string, string>>;
}

export interface Draft {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of a ConfigMap its data, of a Lease its spec. */
  readonly content: object;
}

export interface ObjectKind {
  readonly path: string;
  readonly kind: 'ConfigMap' | 'Lease';
  readonly apiVersion: string;
}

export const configMaps: ObjectKind = { path: '/api/v1', kind: 'ConfigMap', apiVersion: 'v1' };
export const leases: ObjectKind = {
  path: '/apis/coordination.k8s.io/v1',
  kind: 'Lease',
  apiVersion: 'coordination.k8s.io/v1',
};

/** An object without this label is another tool's, and is never written. */
const owner = { 'app.kubernetes.io/managed-by': 'shiproom' };
const ownerTest: JsonPatch = { op: 'test', path: '/metadata/labels/app.kubernetes.io~1managed-by', value: 'shiproom' };

const record = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const objectSchema = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), labels: record, annotations: record }),
  data: record,
  binaryData: record,
});
const listSchema = z.object({
  metadata: z.object({ continue: z.string().optional() }),
  items: z.array(objectSchema),
});

export interface StoreObjects {
  /** False where an object of the name exists; throws where it is another tool's. */
  readonly create: (kind: ObjectKind, draft: Draft) => Promise<boolean>;
  readonly get: (kind: ObjectKind, name: string) => Promise<StoredObject | undefined>;
  /** `absent` or `refused` (a test of it failed): nothing was written. */
  readonly patch: (
    kind: ObjectKind,
    name: string,
    patch: readonly JsonPatch[],
  ) => Promise<'written' | 'absent' | 'refused'>;
  /** That of this uid only; nothing where it is gone. */
  readonly remove: (kind: ObjectKind, object: Pick<StoredObject, 'metadata'>) => Promise<void>;
  /** ConfigMaps with these labels. */
  readonly list: (labels: Readonly<Record<string, string>>) => Promise<StoredObject[]>;
}

const pageSize = 100;

export function storeObjects(connect: () => Promise<KubernetesClient>): StoreObjects {
  const request = async (...[method, path, body, call]: Parameters<KubernetesClient['request']>) =>
    (await connect()).request(method, path, body, call);
  const pathOf = async ({ path, kind }: ObjectKind, name?: string) => {
    const { namespace } = await connect();
    return `${path}/namespaces/${namespace}/${kind.toLowerCase()}s${name === undefined ? '' : `/${name}`}`;
  };
  const get: StoreObjects['get'] = async (kind, name) => {
    const found = await request('GET', await pathOf(kind, name)).catch(noneFor(404));
    if (found === undefined) return undefined;
    const object = objectSchema.parse(found);
    if (isOwn(object)) return object;
    const { namespace } = await connect();
    throw new Error(
      `${kind.kind} ${namespace}/${name} exists and was not written by Shiproom: rename or delete it, nothing was overwritten`,
    );
  };
  return {
    get,
    create: async (kind, draft) => {
      const created = await request('POST', await pathOf(kind), { json: bodyOf(kind, draft) }, brief).catch(
        noneFor(409),
      );
      if (created !== undefined) return true;
      await get(kind, draft.name);
      return false;
    },
    patch: async (kind, name, patch) => {
      try {
        await request('PATCH', await pathOf(kind, name), { jsonPatch: [ownerTest, ...patch] }, brief);
        return 'written';
      } catch (error) {
        if (isStatus(error, 404)) return 'absent';
        if (!isStatus(error, 422)) throw error;
        await get(kind, name);
        return 'refused';
      }
    },
    remove: async (kind, { metadata: { name, uid } }) => {
      const json = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      await request('DELETE', await pathOf(kind, name), { json }).catch(noneFor(404, 409));
    },
    list: async (labels) => {
      const selector = Object.entries({ ...owner, ...labels }).map(([key, value]) => `${key}=${value}`);
      const query = `labelSelector=${encodeURIComponent(selector.join(','))}&limit=${pageSize}`;
      return listAll(async (next) => {
        const more = next === undefined ? '' : `&continue=${encodeURIComponent(next)}`;
        return request('GET', `${await pathOf(configMaps)}?${query}${more}`);
      });
    },
  };
}

/** An answer of `create` or `patch` is not read, and an object may be large. */
const brief = { metadataOnly: true };

const isOwn = ({ metadata: { labels } }: StoredObject): boolean =>
  Object.entries(owner).every(([key, value]) => labels[key] === value);

const bodyOf = ({ kind, apiVersion }: ObjectKind, { name, labels, annotations, content }: Draft) => ({
  apiVersion,
  kind,
  metadata: { name, labels: { ...owner, ...labels }, annotations },
  ...(kind === 'Lease' ? { spec: content } : content),
});

const isStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  error instanceof KubernetesError && statuses.includes(error.status);

const noneFor =
  (...statuses: readonly number[]) =>
  (error: unknown): undefined => {
    if (!isStatus(error, ...statuses)) throw error;
  };

/** Every page; once more from the start where the list has expired between two of them. */
async function listAll(page: (next: string | undefined) => Promise<unknown>): Promise<StoredObject[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const items: StoredObject[] = [];
      let next: string | undefined;
      do {
        const answer = listSchema.parse(await page(next));
        items.push(...answer.items);
        next = answer.metadata.continue || undefined;
      } while (next !== undefined);
      return items;
    } catch (error) {
      if (attempt === 3 || !isStatus(error, 410)) throw error;
    }
  }
}

const pausesMs = [250, 1000];

/**
 * Repeats an operation that has no answer, or one that does not say whether it was carried out: a lost connection, 429, 5xx; and
 * a patch that the API server gave up because of other writes of the object (409).
 * The operation must recognise what an earlier attempt of it has written.
 */
export async function repeated<T>(operation: () => Promise<T>): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await operation();
    } catch (error) {
      if (!isTransient(error)) throw error;
      await systemClock.sleep(pauseMs);
    }
  }
  return operation();
}

const isTransient = (error: unknown): boolean =>
  error instanceof KubernetesError
    ? error.status === 409 || error.status === 429 || error.status >= 500
    : error instanceof ToolError;

/** A part of an object's name, and the value of a label: readable where the text allows it, and different for every text. */
export const nameOf = (text: string): string => {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= 60) return text;
  const readable = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40);
  return `${readable}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`.replace(/^-/, '');
};

export const labelsOf = (target: string, kind: string, runId?: string): Record<string, string> => ({
  'shiproom/target': nameOf(target),
  'shiproom/kind': kind,
  ...(runId === undefined ? {} : { 'shiproom/run': nameOf(runId), ...monthOf(runId) }),
});

/** A run's name begins with its day: what is older than some months can be selected. */
function monthOf(runId: string): Record<string, string> {
  const [, year, month] = /^(\d{4})(\d\d)\d\d-/.exec(runId) ?? [];
  return year === undefined || month === undefined ? {} : { 'shiproom/month': `${year}-${month}` };
}
