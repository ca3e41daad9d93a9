/** The settings of a target's drivers by their path in the target file: `router.socket` -> `/run/haproxy.sock`. */
export function settingsByPath(value: unknown, path = ''): Record<string, string> {
  if (typeof value !== 'object' || value === null) return path === '' ? {} : { [path]: JSON.stringify(value) ?? '' };
  const entries = Object.entries(value).flatMap(([key, each]) =>
    Object.entries(settingsByPath(each, path === '' ? key : `${path}.${key}`)),
  );
  return Object.fromEntries(entries);
}

/** What was edited since, one sentence each: `router.socket was "/a" and is "/b"`. */
export function changedSettings(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted();
  return paths
    .filter((path) => before[path] !== now[path])
    .map((path) => `${path} was ${before[path] ?? 'not set'} and is ${now[path] ?? 'not set'}`);
}
