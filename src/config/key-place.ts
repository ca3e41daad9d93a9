import { readText } from '../system/files.ts';
import { urlFlags } from './url-flag-list.ts';
import { placeOfKey } from './yaml-file.ts';

/** Where the settings of a target come from. */
export type SettingsSource =
  | { readonly kind: 'url' | 'embedded' }
  | { readonly kind: 'deployment'; readonly file: string };

/** How a message names a key (dotted) of the target: by its file and line, or by the flag of `--url`. */
export async function describeKey(source: SettingsSource | undefined, key: string): Promise<string> {
  if (source?.kind === 'deployment') {
    const text = await readText(source.file);
    return text === undefined ? `${source.file}: ${key}` : placeOfKey(source.file, text, key.split('.'));
  }
  if (source?.kind !== 'url') return key;
  const set = urlFlags.find(({ path }) => key === path.join('.') || key.startsWith(`${path.join('.')}.`));
  return set?.flag.split(' ')[0] ?? key;
}
