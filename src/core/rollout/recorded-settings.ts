/** The settings of a target's drivers as a rollout recorded them: JSON by its path in the target file. */
export type Settings = Readonly<Record<string, string>>;

/** One setting as text; undefined where it was not set. */
export function valueAt(drivers: Settings, path: string): string | undefined {
  const text = drivers[path];
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return typeof value === 'string' ? value : text;
}

/** A list of texts; empty where it was not set. */
export function listAt(drivers: Settings, path: string): string[] {
  const items: string[] = [];
  for (let index = 0; ; index += 1) {
    const item = valueAt(drivers, `${path}.${index}`);
    if (item === undefined) return items;
    items.push(item);
  }
}

/** One word of a command to type. */
export const quote = (part: string): string =>
  /^[\w./:@%+=,-]+$/.test(part) ? part : `'${part.replaceAll("'", String.raw`'\''`)}'`;
