import { canonicalJson, type FileFlagsSettings, type FlagChange, type FlagSnapshot } from '../core/flags.ts';
import { messageOf, ToolError } from '../core/errors.ts';
import { readText, replaceText } from '../system/files.ts';
import type { Flags } from './flags.ts';
import { setMember } from './json-members.ts';

/** A JSON file of flags, such as flagd's: its object `flags` holds one member for each. */
export function createFileFlags(settings: FileFlagsSettings): Flags {
  const { file } = settings;
  const failed = (why: string, error?: unknown): ToolError =>
    new ToolError(`The flags in ${file} ${why}`, { command: [file], exitCode: null }, { cause: error });
  const parse = (text: string): FlagSnapshot => {
    const flags = objectAt(text, settings.key);
    if (typeof flags === 'string') throw failed(`cannot be read: ${flags}.`);
    return Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, canonicalJson(value)]));
  };
  return {
    name: 'file',
    snapshot: async () => {
      const text = await readText(file).catch((error: unknown) => {
        throw failed(`cannot be read: ${messageOf(error)}`, error);
      });
      if (text === undefined) throw failed('cannot be read: there is no such file.');
      return parse(text);
    },
    restore: async (changes) => {
      let restored: string[] = [];
      const change = (text: string): string => {
        const current = parse(text);
        const wanted = changes.filter(({ name, from }) => valueOf(current, name) === from);
        restored = wanted.map(({ name }) => name);
        return wanted.reduce((whole, each) => setMember(whole, settings.key, each.name, valueFor(each)), text);
      };
      await replaceText(file, change).catch((error: unknown) => {
        throw error instanceof ToolError ? error : failed(`cannot be written: ${messageOf(error)}`, error);
      });
      return restored;
    },
  };
}

const valueOf = (snapshot: FlagSnapshot, name: string): string | undefined =>
  Object.hasOwn(snapshot, name) ? snapshot[name] : undefined;

const valueFor = ({ to }: FlagChange): unknown => (to === undefined ? undefined : JSON.parse(to));

/** The object, or why there is none. */
function objectAt(text: string, key: string): Readonly<Record<string, unknown>> | string {
  let root: unknown;
  try {
    root = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return `it is not JSON (${messageOf(error)})`;
  }
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const found = isObject(root) ? root[key] : undefined;
  return isObject(found) ? found : `it has no object "${key}"`;
}
