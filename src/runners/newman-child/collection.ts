/** The part of a Postman collection (v2.1) that is read before newman reads it. */
interface Node {
  readonly name?: unknown;
  readonly request?: unknown;
  readonly item?: unknown;
  readonly event?: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;
const childrenOf = ({ item }: Node): Node[] => (Array.isArray(item) ? item.filter(isNode) : []);

export function countRequests(collection: unknown): number {
  if (!isNode(collection)) return 0;
  return childrenOf(collection).reduce(
    (sum, child) => sum + countRequests(child),
    collection.request === undefined ? 0 : 1,
  );
}

const literal = /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[^,'"`()]+/.source;
const asyncTest = new RegExp(`\\bpm\\s*\\.\\s*test\\s*\\(\\s*(?:${literal})\\s*,\\s*async\\b`);

/** Names of the requests and folders with a `pm.test('…', async …)`. */
export function asyncTestsIn(collection: unknown): string[] {
  if (!isNode(collection)) return [];
  const own = asyncTest.test(scriptOf(collection)) ? [nameOf(collection)] : [];
  return [...own, ...childrenOf(collection).flatMap(asyncTestsIn)];
}

const nameOf = ({ name }: Node): string => (typeof name === 'string' ? name : 'the collection');

function scriptOf({ event }: Node): string {
  const events: unknown[] = Array.isArray(event) ? event : [];
  return events
    .map((each) => (each as { script?: { exec?: unknown } } | null)?.script?.exec)
    .map((exec) => (Array.isArray(exec) ? exec.join('\n') : typeof exec === 'string' ? exec : ''))
    .join('\n');
}
