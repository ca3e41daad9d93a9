/** The part of a Postman collection (v2) that is read before newman reads it. */
interface Node {
  readonly name?: unknown;
  readonly request?: unknown;
  readonly item?: unknown;
  readonly event?: unknown;
}

export type ReadCollection = { readonly collection: object } | { readonly problem: string };

/** A collection as Postman exports it, or why the file is none. Newman itself runs nothing of most files, and ends with 0. */
export function readCollection(text: string): ReadCollection {
  let read: unknown;
  try {
    // A byte order mark is no JSON, and no reason to refuse the file.
    read = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return { problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (!isRecord(read)) return { problem: 'is not what Postman exports: it holds no object' };
  const { collection, error, requests, item } = read;
  // The answer of Postman's API has the collection in an envelope.
  if (isRecord(collection)) return readCollection(JSON.stringify(collection));
  if (Array.isArray(item)) return { collection: read };
  if (Array.isArray(requests))
    return { problem: 'has the collection format 1: export it from Postman as Collection v2.1' };
  if (error !== undefined) return { problem: `is an error of Postman's API and no collection: ${messageIn(error)}` };
  return { problem: 'is no collection: it has no `item`; export it from Postman as Collection v2.1' };
}

/** Why a text is no environment of Postman; undefined where it is one. */
export function environmentProblem(text: string): string | undefined {
  try {
    const read: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    const exported = isRecord(read) && isRecord(read['environment']) ? read['environment'] : read;
    if (isRecord(exported) && Array.isArray(exported['values'])) return undefined;
  } catch (error) {
    return `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
  return 'is no environment: it has no `values`; export it from Postman, or name the variables in smoke.postmanVariables';
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const messageIn = (error: unknown): string =>
  isRecord(error) && typeof error['message'] === 'string' ? error['message'] : JSON.stringify(error);

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
