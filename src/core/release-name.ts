const longest = 200;

/**
 * Why a text is not a release name; undefined if it is one. A name becomes an argument of commands, an HTTP header and part of
 * paths, and Sentry refuses `/`, white space, `.`, `..`, `latest` and more than 200 characters.
 */
export function releaseNameProblem(name: string): string | undefined {
  if (name === '') return 'it is empty';
  if (name.length > longest) return `it has ${name.length} characters, and ${longest} are allowed`;
  if (name.startsWith('-')) return '"-" as its first character would be read as an option';
  if (name === '.' || name === '..') return `"${name}" is a folder`;
  if (name.toLowerCase() === 'latest') return '"latest" is reserved: it does not name one release';
  const wrong = /[^\w.@+:~-]/u.exec(name);
  if (!wrong) return undefined;
  const [character] = wrong;
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const shown = /\s/.test(character) ? `white space (${code})` : /\p{C}/u.test(character) ? code : `"${character}"`;
  return `${shown} at character ${wrong.index + 1} is not allowed; letters, digits and . _ - @ + : ~ are`;
}
