import type { ServerResponse } from 'node:http';
import { selectorOf } from './list-query.ts';
import { type KubernetesObject, type ObjectStore, Refusal, type Resource } from './objects.ts';

type Answer = (response: ServerResponse) => void;

/** The watches of the API server double: chunked lines from a resourceVersion on, in the order of the changes. */
export class Watches {
  readonly #objects: ObjectStore;
  readonly #open = new Map<ServerResponse, () => void>();
  #isSilent = false;

  constructor(objects: ObjectStore) {
    this.#objects = objects;
    objects.listen(() => {
      for (const send of this.#open.values()) send();
    });
  }

  get count(): number {
    return this.#open.size;
  }

  /** Breaks the connections in the middle, before what comes next is sent. */
  cut(): void {
    for (const response of this.#open.keys()) response.destroy();
    this.#open.clear();
  }

  /** From now on they are accepted, and no event is sent, as by a proxy that keeps the answer back. */
  silence(): void {
    this.#isSilent = true;
  }

  /** Throws Refusal for a watch without a version or an end, which would be one of everything and for ever. */
  answer(resource: Resource, space: string, { searchParams }: URL): Answer {
    const version = searchParams.get('resourceVersion') ?? '';
    if (!/^[1-9]\d*$/.test(version))
      throw new Refusal(400, 'BadRequest', `the double demands a resourceVersion of every watch, not "${version}"`);
    const seconds = Number(searchParams.get('timeoutSeconds'));
    if (!(seconds > 0)) throw new Refusal(400, 'BadRequest', 'the double demands timeoutSeconds of every watch');
    const isWanted = selectorOf(searchParams.get('labelSelector'));
    const concerns = ({ metadata: { namespace, labels = {} } }: KubernetesObject) =>
      namespace === space && isWanted(labels);
    return (response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      let next = Number(version);
      const send = () => {
        if (this.#isSilent) return;
        const changes = this.#objects.changesAfter(next);
        if (!changes) return this.#expire(response, next);
        next = this.#objects.version;
        for (const { type, plural, object } of changes)
          if (plural === resource.plural && concerns(object)) writeEvent(response, { type, object });
      };
      this.#open.set(response, send);
      const timer = setTimeout(() => this.#end(response, resource, searchParams), seconds * 1000);
      response.on('close', () => {
        clearTimeout(timer);
        this.#open.delete(response);
      });
      send();
    };
  }

  #expire(response: ServerResponse, version: number): void {
    const message = `too old resource version: ${version} (${this.#objects.version})`;
    writeEvent(response, {
      type: 'ERROR',
      object: { kind: 'Status', status: 'Failure', message, reason: 'Expired', code: 410 },
    });
    this.#open.delete(response);
    response.end();
  }

  #end(response: ServerResponse, { kind }: Resource, query: URLSearchParams): void {
    const metadata = { resourceVersion: String(this.#objects.version) };
    if (query.get('allowWatchBookmarks') === 'true')
      writeEvent(response, { type: 'BOOKMARK', object: { kind, metadata } });
    response.end();
  }
}

const writeEvent = (response: ServerResponse, event: object): void => void response.write(`${JSON.stringify(event)}\n`);
