import { createHash, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { configMaps, type Draft, labelsOf, nameOf, repeated, type StoredObject, type StoreObjects } from './objects.ts';
import type { RunRecords } from '../store.ts';

/** Compressed bytes of one object: a ConfigMap holds 1 MiB, and etcd takes 1.5 MiB in one request. */
const partBytes = 700 * 1024;

const compress = promisify(gzip);
const decompress = promisify(gunzip);
const digest = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

const headSchema = z.object({
  file: z.string(),
  sha256: z.string(),
  /** Names the parts of this version: a reader of the one before does not mix both. */
  write: z.uuid(),
  parts: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number),
});

/**
 * The files of runs. A file is one object with the compressed text, or with the number of its parts, each an object that is
 * written before it and never changed: a file is replaced as a whole.
 */
export function fileRecords(objects: StoreObjects, target: string): Pick<RunRecords, 'write' | 'read' | 'remove'> {
  const nameIn = (runId: string, file: string) =>
    `shiproom.${nameOf(target)}.run.${nameOf(runId)}.file.${nameOf(file)}`;
  const find = (name: string) => repeated(() => objects.get(configMaps, name));
  return {
    write: async (runId, file, text) => {
      const name = nameIn(runId, file);
      const labels = labelsOf(target, 'file', runId);
      const before = await find(name);
      const bytes = await compress(text);
      const count = bytes.length <= partBytes ? 0 : Math.ceil(bytes.length / partBytes);
      const head = { file, sha256: digest(text), write: randomUUID(), parts: String(count) };
      for (let part = 0; part < count; part += 1) {
        const slice = bytes.subarray(part * partBytes, (part + 1) * partBytes);
        const content = { binaryData: { gzip: slice.toString('base64') } };
        const draft = { name: partOf(name, head.write, part), labels, annotations: {}, content };
        // One that exists is from an attempt of this write whose answer was lost.
        await repeated(() => objects.create(configMaps, draft));
      }
      const inline: Record<string, string> = count === 0 ? { gzip: bytes.toString('base64') } : {};
      await repeated(() =>
        replace(objects, { name, labels, annotations: {}, content: { data: head, binaryData: inline } }),
      );
      if (before) await removeParts(objects, name, before);
    },
    read: async (runId, file) => {
      const name = nameIn(runId, file);
      for (let attempt = 1; ; attempt += 1) {
        const object = await find(name);
        if (!object) return undefined;
        const text = await textOf(object, find);
        if (text !== undefined) return text;
        // Its parts are removed when it was replaced meanwhile.
        if (attempt === 3) throw new Error(`${file} of ${runId} is damaged in the store: ConfigMap ${name}`);
      }
    },
    remove: async (runId, file) => {
      const name = nameIn(runId, file);
      const object = await find(name);
      if (!object) return;
      await repeated(() => objects.remove(configMaps, object));
      await removeParts(objects, name, object);
    },
  };
}

const partOf = (name: string, write: string, part: number): string => `${name}.${write}.${part}`;

async function replace(objects: StoreObjects, draft: Draft): Promise<void> {
  const content = Object.entries(draft.content).map(
    ([field, value]) => ({ op: 'add', path: `/${field}`, value }) as const,
  );
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    const outcome = await objects.patch(configMaps, draft.name, content);
    if (outcome === 'written') return;
    if (outcome === 'absent' && (await objects.create(configMaps, draft))) return;
  }
  throw new Error(`ConfigMap ${draft.name} could not be written: other processes write and remove it`);
}

/** undefined where a part is missing, or the text is not the one that was written. */
async function textOf(
  { metadata: { name }, data, binaryData }: StoredObject,
  find: (name: string) => Promise<StoredObject | undefined>,
): Promise<string | undefined> {
  const { data: head } = headSchema.safeParse(data);
  if (!head) return undefined;
  const names = Array.from({ length: head.parts }, (_, part) => partOf(name, head.write, part));
  const parts =
    head.parts === 0
      ? [binaryData['gzip']]
      : await Promise.all(names.map((each) => find(each).then((part) => part?.binaryData['gzip'])));
  if (parts.includes(undefined)) return undefined;
  const bytes = Buffer.concat(parts.map((part) => Buffer.from(part ?? '', 'base64')));
  const text = await decompress(bytes).then(String, () => undefined);
  return text !== undefined && digest(text) === head.sha256 ? text : undefined;
}

async function removeParts(objects: StoreObjects, name: string, before: StoredObject): Promise<void> {
  const head = headSchema.safeParse(before.data);
  for (let part = 0; part < (head.data?.parts ?? 0); part += 1) {
    const object = await repeated(() => objects.get(configMaps, partOf(name, head.data?.write ?? '', part)));
    if (object) await repeated(() => objects.remove(configMaps, object));
  }
}
