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
