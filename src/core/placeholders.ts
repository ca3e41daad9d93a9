import { nearest } from './nearest.ts';
import type { Sessions, Target } from './target.ts';

/**
 * What a foreign collection, folder or script is given by name: {api}, {web}, {release}, and of a user of the target file
 * {token.NAME} and {email.NAME}.
 */
const placeholder = /(?<!\{)\{([A-Za-z][\w.-]*)\}(?!\})/g;
const known = /^(api|web|release|(token|email)\.[a-z][A-Za-z0-9]*)$/;

/** Why the text cannot be filled; undefined where it can. */
export function placeholderProblem(text: string): string | undefined {
  const wrong = [...text.matchAll(placeholder)].find(([, name = '']) => !known.test(name));
  return wrong && `${wrong[0]} is no placeholder: {api}, {web}, {release}, {token.client}, {email.client}`;
}

/**
 * Why an argument of a command cannot be filled: it has a placeholder that is none of the known ones. A script (an argument with white
 * space) may have braces of its own, such as `awk '{print}'`: there only a misspelt placeholder is one. Undefined where it can.
 */
export function argumentProblem(argument: string, names: readonly string[]): string | undefined {
  const isScript = /\s/.test(argument);
  const found = [...argument.matchAll(placeholder)].map(([, name = '']) => name);
  const wrong = found.find((name) => !names.includes(name) && (!isScript || nearest(name, names) !== undefined));
  if (wrong === undefined) return undefined;
  const meant = nearest(wrong, names);
  const list =
    names.length === 0 ? 'this command has none' : `known here: ${names.map((name) => `{${name}}`).join(', ')}`;
  return `{${wrong}} is no placeholder; ${meant === undefined ? '' : `did you mean {${meant}}? `}${list}`;
}

/** Names of the users whose tokens the texts need. */
export const tokensIn = (texts: readonly string[]): readonly string[] => [
  ...new Set(
    texts.flatMap((text) => [...text.matchAll(/\{token\.([a-z][A-Za-z0-9]*)\}/g)].map(([, name = '']) => name)),
  ),
];

/** The text with its placeholders filled; what the target does not have is empty. */
export function fillPlaceholders(
  text: string,
  { environment, service }: Pick<Target, 'environment' | 'service'>,
  sessions: Sessions,
): string {
  return text.replaceAll(placeholder, (_, name: string) => {
    const [kind = '', user = ''] = name.split('.');
    if (kind === 'token') return sessions[user]?.accessToken ?? '';
    if (kind === 'email') return service.users[user]?.email ?? '';
    if (kind === 'api') return environment.api;
    return (kind === 'web' ? environment.web : environment.release) ?? '';
  });
}
