import { UserError } from '../core/errors.ts';
import type { FillScalar } from './yaml-file.ts';

/** Private-use characters in the place of `${` and `}`: a value is filled in after the file was parsed, so it cannot change its structure. */
const [open, close] = ['\uE000', '\uE001'];
const marker = new RegExp(`${open}(\\w+)${close}`, 'g');

export const markVariables = (text: string): string => text.replaceAll(/\$\{(\w+)\}/g, `${open}$1${close}`);

/** Settings that name something: they are printed in reports and journals by design, so their values are no secrets. */
const namingKeys: ReadonlySet<string> = new Set(
  'name kind release releases defaultEnvironment driver strategy backend spare zone service project table schema colour profile'.split(
    ' ',
  ),
);
/** Lists that are no command. Every other list of texts is one: its arguments appear in the process list. */
const plainLists: ReadonlySet<string> = new Set(['metrics', 'releases', 'spare', 'blue', 'green']);

/** Shorter values, and short words (`staging`, `green`), would blot out half of a report. */
const isSecret = (value: string): boolean => value.length >= 4 && !(value.length < 8 && /^[a-z]+$/.test(value));

export interface VariableFiller {
  readonly fill: FillScalar;
  /** The values that were filled in and must not be shown. */
  readonly secrets: () => string[];
}

/** Fills `${NAME}` from the environment. Its `fill` throws UserError for a variable that is not set, or stands in a command. */
export function createVariableFiller(file: string, env: Readonly<Record<string, string | undefined>>): VariableFiller {
  const secrets = new Set<string>();
  const shown = new Set<string>();
  return {
    fill: (text, { path, line, isListItem }) =>
      text.replaceAll(marker, (_, name: string) => {
        const key = path.at(-1) ?? '';
        if (isListItem && !plainLists.has(key)) {
          throw new UserError(
            `${file}:${line}: ${path.join('.')}: \${${name}} in an argument would appear in the process list`,
            [`env: [${name}]   and let the command read the variable`],
          );
        }
        const value = env[name];
        if (value === undefined || value === '')
          throw new UserError(`${file}:${line}: the environment variable ${name} is not set`, [`export ${name}=…`]);
        (namingKeys.has(key) ? shown : secrets).add(value);
        return value;
      }),
    secrets: () =>
      [...secrets]
        .filter((value) => !shown.has(value) && isSecret(value))
        .flatMap((value) => [value, ...decoded(value)]),
  };
}

/** A password in an address is written encoded, and a server's message shows it decoded. */
function decoded(value: string): string[] {
  try {
    const text = decodeURIComponent(value);
    return text === value || !isSecret(text) ? [] : [text];
  } catch {
    return [];
  }
}
