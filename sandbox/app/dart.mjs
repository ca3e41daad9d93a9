// As much of Dart as the fake `flutter` needs: which files there are, what an analyser would report, which tests a file has.
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';

/** Dart files below these folders of the project, sorted, with their text. */
export function dartFiles(folders) {
  return folders
    .flatMap((folder) => {
      try {
        return readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
      } catch {
        return [];
      }
    })
    .filter((path) => path.endsWith('.dart'))
    .toSorted()
    .map((path) => ({ path: path.split(sep).join('/'), text: readFileSync(path, 'utf8') }));
}

/** Texts and comments blanked, so that what they hold is no code; every character keeps its place. */
const codeOf = (text) =>
  text.replaceAll(/\/\/.*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, (found) => ' '.repeat(found.length));

const placeOf = (text, index) => {
  const before = text.slice(0, index).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};

const closing = { '{': '}', '(': ')', '[': ']' };

/** The first bracket that has no partner; undefined where all have one. */
export function syntaxError({ text }) {
  const code = codeOf(text);
  const open = [];
  for (const [index, character] of [...code].entries()) {
    if (character in closing) open.push({ index, expected: closing[character] });
    else if (Object.values(closing).includes(character)) {
      if (open.pop()?.expected !== character)
        return { ...placeOf(text, index), message: `Expected an identifier, but got '${character}'` };
    }
  }
  const last = open.at(-1);
  return last && { ...placeOf(text, last.index), message: `Expected to find '${last.expected}'` };
}

/** Issues as the analyser lists them: errors, then warnings, then infos. */
export function issuesIn({ path, text }) {
  const error = syntaxError({ text });
  const code = codeOf(text);
  const unused = [...text.matchAll(/^import '(dart:io)';/gm)].filter(() => !/\b(?:File|Platform|stdout)\b/.test(code));
  const prints = [...code.matchAll(/\bprint\(/g)];
  return [
    ...(error ? [{ kind: 'error', path, ...error, rule: 'expected_token' }] : []),
    ...unused.map(({ index, 1: name }) => ({
      kind: 'warning',
      path,
      ...placeOf(text, index + 'import '.length),
      message: `Unused import: '${name}'`,
      rule: 'unused_import',
    })),
    ...prints.map(({ index }) => ({
      kind: 'info',
      path,
      ...placeOf(text, index),
      message: "Don't invoke 'print' in production code",
      rule: 'avoid_print',
    })),
  ];
}

/** The tests of a file: its name with that of the group before it, why it fails, and whether it is skipped. */
export function testsIn({ text }) {
  const calls = [...text.matchAll(/\b(group|test|testWidgets)\(\s*'([^']+)'/g)];
  let group = '';
  return calls.flatMap(({ index, 1: kind, 2: name }, position) => {
    if (kind === 'group') {
      group = `${name} `;
      return [];
    }
    const body = text.slice(index, calls[position + 1]?.index);
    const failure = /\bfail\('([^']*)'\)/.exec(body)?.[1];
    return [{ name: `${group}${name}`, failure, skipped: /\bskip:/.test(body), ...placeOf(text, index) }];
  });
}
