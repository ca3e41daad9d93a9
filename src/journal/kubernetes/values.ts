import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../../core/parsed-json.ts';
import { type Draft, type ObjectKind, repeated, type StoredObject, type StoreObjects } from './objects.ts';
import type { ValueRecord, Versioned } from '../store.ts';

/** Which write has made a version: an attempt whose answer was lost recognises itself. */
const writeKey = 'shiproom/write';
const versionKey = 'shiproom/version';
const textKey = 'shiproom/text';

/** A value in one object: a Lease for the lock, a ConfigMap for any other. */
export function valueRecord(
  objects: StoreObjects,
  kind: ObjectKind,
  { name, labels, key }: Pick<Draft, 'name' | 'labels'> & { readonly key: string },
): ValueRecord {
  const find = async () => {
    const found = await objects.get(kind, name);
    return found && parseValue(kind, found, key);
  };
  const attempt = async (expected: number, text: string, write: string): Promise<boolean> => {
    const annotations = {
      'shiproom/key': key,
      [versionKey]: String(expected + 1),
      [writeKey]: write,
      ...(kind.kind === 'Lease' ? { [textKey]: text } : {}),
    };
    if (expected === 0) {
      if (await objects.create(kind, { name, labels, annotations, content: contentOf(kind, text) })) return true;
      return (await find())?.write === write;
    }
    const content = Object.entries(contentOf(kind, text));
    const outcome = await objects.patch(kind, name, [
      { op: 'test', path: pathOf(versionKey), value: String(expected) },
      ...Object.entries(annotations).map(([each, value]) => ({ op: 'add', path: pathOf(each), value }) as const),
      ...content.map(
        ([field, value]) =>
          ({ op: 'add', path: `/${kind.kind === 'Lease' ? `spec/${field}` : field}`, value }) as const,
      ),
    ]);
    if (outcome === 'written') return true;
    const now = await find();
    if (now?.write === write) return true;
    if (outcome === 'refused' && now?.version === expected)
      throw new Error(`${kind.kind} ${name}: version ${expected} could not be replaced, and it is the newest one`);
    return false;
  };
  return {
    read: async () => {
      const found = await repeated(find);
      return found && { version: found.version, text: found.text };
    },
    swap: async (expected, text) => {
      const write = randomUUID();
      return repeated(() => attempt(expected, text, write));
    },
  };
}

const pathOf = (annotation: string): string => `/metadata/annotations/${annotation.replaceAll('/', '~1')}`;

/** A Lease holds its text in an annotation; its holder is shown by kubectl. */
const contentOf = ({ kind }: ObjectKind, text: string): Record<string, unknown> =>
  kind === 'Lease' ? { holderIdentity: holderOf(text) } : { data: { text } };

const ownerSchema = z.object({ owner: z.string(), host: z.string(), reason: z.string() });

/** `ada@build-7: deploy`; null for a released lock. */
function holderOf(text: string): string | null {
  if (text === '') return null;
  const parsed = ownerSchema.safeParse(parseJson(text));
  return parsed.success ? `${parsed.data.owner}@${parsed.data.host}: ${parsed.data.reason}` : 'unknown';
}

function parseValue(
  kind: ObjectKind,
  { metadata: { name, annotations }, data }: StoredObject,
  key: string,
): Versioned & { readonly write: string | undefined } {
  const version = annotations[versionKey] ?? '';
  const text = kind.kind === 'Lease' ? annotations[textKey] : data['text'];
  if (annotations['shiproom/key'] !== key || !/^[1-9]\d{0,14}$/.test(version) || text === undefined)
    throw new Error(`${kind.kind} ${name} was edited, or written by another version: it is no value of "${key}"`);
  return { version: Number(version), text, write: annotations[writeKey] };
}
