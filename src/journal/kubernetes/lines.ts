import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { JsonPatch } from '../../system/kubernetes.ts';
import { configMaps, labelsOf, nameOf, repeated, type StoredObject, type StoreObjects } from './objects.ts';
import type { RunRecords } from '../store.ts';

/**
 * A chunk is full with so many bytes of lines. Each append writes the chunk anew into etcd, so that a small one is cheap, and
 * a large one needs few objects: 30 minutes of watching, 0.7 MB, are about 25 chunks.
 */
const fullBytes = 32 * 1024;
/** A longer line is a file of the run, and its chunk refers to it: a ConfigMap holds 1 MiB. */
const inlineBytes = 256 * 1024;

const lastKey = 'shiproom/last';
const fullKey = 'shiproom/full';
const pathOf = (annotation: string): string => `/metadata/annotations/${annotation.replaceAll('/', '~1')}`;

/** Where a journal ends. */
interface End {
  /** Number of its last line; 0: it has none. */
  readonly last: number;
  /** The chunk that the next line goes to; absent: a new one. */
  readonly chunk?: { readonly name: string; readonly bytes: number };
}

type Files = Pick<RunRecords, 'write' | 'read'>;

/**
 * The lines of journals, numbered from 1 in chunks. A line is appended on the condition that the one before it is the last, so
 * that it keeps its number when it is sent again, and two writers of one journal do not overwrite each other.
 */
export function lineRecords(objects: StoreObjects, target: string, files: Files): Pick<RunRecords, 'append' | 'lines'> {
  const ends = new Map<string, Promise<End>>();
  const labels = (runId: string) => labelsOf(target, 'lines', runId);
  const chunksOf = async (runId: string): Promise<Chunk[]> =>
    (await repeated(() => objects.list(labels(runId)))).map(parseChunk).toSorted((a, b) => a.first - b.first);
  const endOf = async (runId: string): Promise<End> => {
    const chunk = (await chunksOf(runId)).at(-1);
    if (!chunk) return { last: 0 };
    const bytes = chunk.entries.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0);
    return { last: chunk.last, ...(chunk.isFull ? {} : { chunk: { name: chunk.name, bytes } }) };
  };
  const append = async (runId: string, line: string, end: End): Promise<End> => {
    const number = end.last + 1;
    const entry = await entryOf(line, number, (file) => files.write(runId, file, line));
    const bytes = (end.chunk?.bytes ?? 0) + Buffer.byteLength(entry.value);
    const name = end.chunk?.name ?? `shiproom.${nameOf(target)}.run.${nameOf(runId)}.lines.${numberText(number)}`;
    const annotations = { [lastKey]: String(number), [fullKey]: String(bytes >= fullBytes) };
    const written = await repeated(async () => {
      const isDone = end.chunk
        ? (await objects.patch(configMaps, name, patchOf(entry, annotations, end.last))) === 'written'
        : await objects.create(configMaps, {
            name,
            labels: labels(runId),
            annotations,
            content: { data: { [entry.key]: entry.value } },
          });
      return isDone || hasAppended(await objects.get(configMaps, name), entry);
    });
    if (!written) throw new Error(`another command has appended line ${number} of the journal of ${runId}`);
    return { last: number, ...(bytes >= fullBytes ? {} : { chunk: { name, bytes } }) };
  };
  return {
    append: async (runId, line) => {
      const previous = ends.get(runId) ?? endOf(runId);
      // A line that failed leaves its number to the next one.
      const appended = previous.catch(() => endOf(runId)).then((end) => append(runId, line, end));
      ends.set(runId, appended);
      await appended;
    },
    lines: async (runId) => {
      const chunks = await chunksOf(runId);
      const entries = chunks.flatMap((chunk) => chunk.entries);
      checkOrder(runId, entries, chunks.at(-1)?.last ?? 0);
      return Promise.all(entries.map((entry) => lineOf(entry, (file) => files.read(runId, file))));
    },
  };
}

interface Entry {
  readonly key: string;
  readonly value: string;
  readonly number: number;
}

const numberText = (number: number): string => String(number).padStart(9, '0');

async function entryOf(line: string, number: number, write: (file: string) => Promise<void>): Promise<Entry> {
  const key = numberText(number);
  if (Buffer.byteLength(line) <= inlineBytes) return { key, value: line, number };
  const file = `line ${number} ${randomUUID()}`;
  await write(file);
  return { key: `${key}.file`, value: file, number };
}

async function lineOf(
  { key, value, number }: Entry,
  read: (file: string) => Promise<string | undefined>,
): Promise<string> {
  if (!key.endsWith('.file')) return value;
  const line = await read(value);
  if (line === undefined) throw new Error(`line ${number} of the journal is missing in the store`);
  return line;
}

const patchOf = (entry: Entry, annotations: Readonly<Record<string, string>>, last: number): JsonPatch[] => [
  { op: 'test', path: pathOf(lastKey), value: String(last) },
  { op: 'add', path: `/data/${entry.key}`, value: entry.value },
  ...Object.entries(annotations).map(([key, value]) => ({ op: 'add', path: pathOf(key), value }) as const),
];

/** Whether an attempt whose answer was lost has written the line. */
function hasAppended(object: StoredObject | undefined, { key, value, number }: Entry): boolean {
  if (!object) throw new Error(`the journal was removed from the store before line ${number} was appended`);
  return parseChunk(object).last === number && object.data[key] === value;
}

interface Chunk {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly isFull: boolean;
  readonly entries: readonly Entry[];
}

const lastSchema = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number);

function parseChunk({ metadata: { name, annotations }, data }: StoredObject): Chunk {
  const last = lastSchema.safeParse(annotations[lastKey]);
  const keys = Object.keys(data).toSorted();
  if (!last.success || keys.length === 0 || keys.some((key) => !/^\d{9}(\.file)?$/.test(key)))
    throw new Error(`ConfigMap ${name} was edited, or written by another version: it is no part of a journal`);
  const entries = keys.map((key) => ({ key, value: data[key] ?? '', number: Number(key.slice(0, 9)) }));
  return { name, first: entries[0]?.number ?? 0, last: last.data, isFull: annotations[fullKey] === 'true', entries };
}

/** A journal with a gap is not the journal of the run. */
function checkOrder(runId: string, entries: readonly Entry[], last: number): void {
  const wrong = entries.findIndex(({ number }, index) => number !== index + 1);
  const missing = wrong === -1 ? (entries.length === last ? undefined : entries.length + 1) : wrong + 1;
  if (missing !== undefined)
    throw new Error(
      `line ${missing} of the journal of ${runId} is missing in the store; it has ${entries.length} lines`,
    );
}
