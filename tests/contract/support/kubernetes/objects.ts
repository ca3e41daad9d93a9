/** The objects of the API server double, with what the real one keeps of each: version, generation, uid. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly [key: string]: unknown;
}

export type Fields = Readonly<Record<string, unknown>>;

export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** What a caller writes: the server fills in the rest. */
export type Draft = {
  readonly metadata: { readonly name: string } & Fields;
  readonly spec?: Fields;
  readonly status?: Fields;
} & Fields;

/** A refusal as the API server words it. */
export class Refusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  /** Throws Refusal (422) for an object that the API server would not store. */
  readonly validate?: (object: KubernetesObject) => void;
}

/** One event of a watch: the object as the change has left it; a removed one as it was, with the version of its removal. */
export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: string;
  readonly object: KubernetesObject;
}

/** Called after every change of an object of the resource; undefined: it was removed. */
export type Listener = (resource: Resource, object: KubernetesObject, change: 'written' | 'removed') => void;

export class ObjectStore {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #listeners: Listener[] = [];
  readonly #changes: Change[] = [];
  #version = 100;
  #compacted = 0;
  #uids = 0;

  listen(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** resourceVersion of a list that is read now. */
  get version(): number {
    return this.#version;
  }

  /** The changes after a version; undefined where they are not kept any more. */
  changesAfter(version: number): readonly Change[] | undefined {
    return version < this.#compacted ? undefined : this.#changes.filter((change) => change.version > version);
  }

  /** Drops the changes until now, as etcd does after 5 minutes. */
  compact(): void {
    this.#changes.length = 0;
    this.#compacted = this.#version;
  }

  list(resource: Pick<Resource, 'plural'>, namespace: string): KubernetesObject[] {
    const prefix = `${resource.plural}/${namespace}/`;
    return [...this.#objects].flatMap(([key, object]) => (key.startsWith(prefix) ? [object] : []));
  }

  find(resource: Pick<Resource, 'plural'>, namespace: string, name: string): KubernetesObject | undefined {
    return this.#objects.get(`${resource.plural}/${namespace}/${name}`);
  }

  get(resource: Resource, namespace: string, name: string): KubernetesObject {
    const found = this.find(resource, namespace, name);
    if (found) return found;
    const group = resource.group === '' ? '' : `.${resource.group}`;
    throw new Refusal(404, 'NotFound', `${resource.plural}${group} "${name}" not found`);
  }

  create(resource: Resource, namespace: string, draft: Draft): KubernetesObject {
    const { name } = draft.metadata;
    if (this.find(resource, namespace, name))
      throw new Refusal(409, 'AlreadyExists', `${resource.plural} "${name}" already exists`);
    this.#uids += 1;
    const metadata = {
      creationTimestamp: new Date(Date.now() + this.#uids).toISOString(),
      ...draft.metadata,
      name,
      namespace,
      uid: `uid-${this.#uids}`,
      generation: 1,
    };
    const { group, version, kind } = resource;
    const apiVersion = group === '' ? version : `${group}/${version}`;
    return this.#store(resource, { ...draft, apiVersion, kind, metadata: { ...metadata, resourceVersion: '' } });
  }

  /** Replaces an object; its generation grows where its spec has changed. A resourceVersion that is not the newest is refused. */
  update(resource: Resource, before: KubernetesObject, after: KubernetesObject): KubernetesObject {
    const { name, resourceVersion, uid, namespace, creationTimestamp } = before.metadata;
    if (after.metadata.resourceVersion !== resourceVersion)
      throw new Refusal(
        409,
        'Conflict',
        `Operation cannot be fulfilled on ${resource.plural} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      );
    const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
    if (isSame(before, after)) return before;
    const generation = before.metadata.generation + (isSame(before.spec, after.spec) ? 0 : 1);
    const kept = { name, namespace, uid, creationTimestamp, generation };
    return this.#store(resource, { ...after, metadata: { ...after.metadata, ...kept } });
  }

  setStatus(resource: Resource, namespace: string, name: string, status: Fields): KubernetesObject {
    const object = this.get(resource, namespace, name);
    return this.update(resource, object, { ...object, status });
  }

  remove(resource: Resource, namespace: string, name: string): void {
    const object = this.get(resource, namespace, name);
    this.#objects.delete(`${resource.plural}/${namespace}/${name}`);
    this.#version += 1;
    this.#record('DELETED', resource, object);
    for (const listener of this.#listeners) listener(resource, object, 'removed');
  }

  #record(type: Change['type'], { plural }: Resource, { metadata, ...object }: KubernetesObject): void {
    const version = this.#version;
    const changed = { ...object, metadata: { ...metadata, resourceVersion: String(version) } } as KubernetesObject;
    this.#changes.push({ version, type, plural, object: changed });
  }

  #store(resource: Resource, object: KubernetesObject): KubernetesObject {
    resource.validate?.(object);
    this.#version += 1;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    const key = `${resource.plural}/${stored.metadata.namespace}/${stored.metadata.name}`;
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(key, stored);
    this.#record(type, resource, stored);
    for (const listener of this.#listeners) listener(resource, stored, 'written');
    return this.find(resource, stored.metadata.namespace, stored.metadata.name) ?? stored;
  }
}
