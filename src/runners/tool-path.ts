import { delimiter } from 'node:path';

/** The environment of a command whose programs are searched in these folders first. */
export const withPath = (
  env: Readonly<Record<string, string>>,
  folders: readonly string[],
): Readonly<Record<string, string>> => ({
  ...env,
  PATH: [...folders, ...(env['PATH'] === undefined ? [] : [env['PATH']])].join(delimiter),
});
