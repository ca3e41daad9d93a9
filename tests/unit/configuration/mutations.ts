import { parse, stringify } from 'yaml';

/** One broken configuration: what was done to a valid example, the text, and the key that a message has to name. */
export interface Broken {
  readonly what: string;
  readonly text: string;
  /** Absent where the text is not YAML of keys and values. */
  readonly key?: string;
}

type Path = readonly (string | number)[];

/** Mappings whose keys are names of the operator's own, or values that may be anything. */
const openMappings =
  /(^|\.)(users|labels|env|variables|postmanVariables|playwrightVariables|mix|profiles|metrics|body)$/;
/** Below these any value is allowed. */
const anything = /(^|\.)body(\.|$)/;

const dotted = (path: Path): string => path.join('.');
const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every value of an example with its path, in the order of the file. */
function valuesIn(value: unknown, path: Path = []): { readonly path: Path; readonly value: unknown }[] {
  const own = path.length === 0 || anything.test(dotted(path)) ? [] : [{ path, value }];
  if (Array.isArray(value)) return [...own, ...value.flatMap((each, index) => valuesIn(each, [...path, index]))];
  if (!isMapping(value)) return own;
  return [...own, ...Object.entries(value).flatMap(([key, each]) => valuesIn(each, [...path, key]))];
}

function changed(root: unknown, path: Path, change: (parent: Record<string, unknown>, key: string) => void): string {
  const copy: unknown = structuredClone(root);
  let parent = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  change(parent, String(path.at(-1)));
  return stringify(copy, { lineWidth: 0 });
}

const set =
  (value: unknown) =>
  (parent: Record<string, unknown>, key: string): void => {
    parent[key] = value;
  };

/** Two letters are swapped; undefined for a word that stays the same. */
export function misspelt(key: string): string | undefined {
  const index = key.split('').findIndex((letter, at) => at > 0 && key[at + 1] !== undefined && letter !== key[at + 1]);
  if (key.length < 4 || index === -1) return undefined;
  return `${key.slice(0, index)}${key[index + 1]}${key[index]}${key.slice(index + 2)}`;
}

function rename(parent: Record<string, unknown>, key: string, name: string): void {
  const entries = Object.entries(parent);
  for (const each of Object.keys(parent)) delete parent[each];
  for (const [each, value] of entries) parent[each === key ? name : each] = value;
}

const duration = /^\d+(\.\d+)? ?(ms|s|m|h)$/;
const percent = /^\d+(\.\d+)? %$/;

/** Everything that no value of this kind may be. */
function wrongValues(value: unknown): readonly (readonly [string, unknown])[] {
  const always = [
    ['null', null],
    ['a list in a list', [[1]]],
    ['a mapping without its keys', { zzz: [1] }],
  ] as const;
  if (typeof value === 'number')
    return [
      ...always,
      ['negative', -1],
      ['NaN', Number.NaN],
      ['infinite', Number.POSITIVE_INFINITY],
      ['a text', 'lots'],
    ];
  if (typeof value === 'boolean') return [...always, ['a word', 'perhaps']];
  if (typeof value !== 'string') return always;
  if (duration.test(value)) return [...always, ['no duration', '5 parsecs'], ['a number', 5], ['negative', '-5s']];
  if (percent.test(value)) return [...always, ['no rate', 'half'], ['above 100 %', '150 %'], ['a number', 0.5]];
  return [...always, ['a number', 5.5], ['true', true]];
}

/** Every value of the example made wrong, one at a time; of long files an even sample. */
export function mutationsOf(text: string, most = 150): Broken[] {
  const all = everyMutation(text);
  const step = Math.max(1, all.length / most);
  return all.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function everyMutation(text: string): Broken[] {
  const root: unknown = parse(text);
  return valuesIn(root).flatMap(({ path, value }) => {
    const key = dotted(path);
    const parent = dotted(path.slice(0, -1));
    const name = path.at(-1);
    const typo = typeof name === 'string' && !openMappings.test(parent) ? misspelt(name) : undefined;
    return [
      ...wrongValues(value).map(([what, wrong]) => ({
        what: `${key}: ${what}`,
        text: changed(root, path, set(wrong)),
        key,
      })),
      ...(typo === undefined
        ? []
        : [
            {
              what: `${key}: misspelt`,
              text: changed(root, path, (held, own) => rename(held, own, typo)),
              key: dotted([...path.slice(0, -1), typo]),
            },
          ]),
      ...(isMapping(value) && !openMappings.test(key)
        ? [{ what: `${key}: surplus key`, text: changed(root, [...path, 'zzz'], set(1)), key: `${key}.zzz` }]
        : []),
    ];
  });
}

/** Texts that are no mapping of keys to values. */
export function notYaml(text: string): Broken[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const [first = ''] = lines;
  const body = lines.join('\n');
  const name = first.split(':')[0] ?? '';
  return [
    { what: 'empty', text: '' },
    { what: 'comments only', text: '# nothing\n\n# more\n' },
    { what: 'a document of nothing', text: '---\n' },
    {
      what: 'a list',
      text: lines
        .map((line) => `- ${line.trim()}`)
        .slice(0, 1)
        .join('\n'),
    },
    { what: 'a word', text: 'production\n' },
    { what: 'a key without its colon', text: body.replace(':', '') },
    { what: 'indented by a tab', text: `${body}\nzzz:\n\tapi: 1\n` },
    { what: 'a key twice', text: `${body}\n${first}\n`, key: name },
    { what: 'an open bracket', text: `${body}\nzzz: [1, 2\n` },
    { what: 'an open brace', text: `${body}\nzzz: { a: 1\n` },
    { what: 'an open quote', text: `${body}\nzzz: "a\n` },
    { what: 'two colons', text: `${body}\nzzz: a: b\n` },
    { what: 'indented too far', text: `${body}\nzzz: a\n  b: c\n` },
    { what: 'a reserved character', text: `${body}\nzzz: @a\n` },
    { what: 'two documents', text: `${body}\n---\n${body}\n` },
    { what: 'an alias without an anchor', text: `${body}\nzzz: *nowhere\n` },
    { what: 'an alias of itself', text: `${body}\nzzz: &a [*a]\n` },
    {
      what: 'aliases that fill the memory',
      text: `a: &a [x, x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((each, index) => `${each}: &${each} [${Array.from({ length: 10 }, () => `*${'abcdefg'[index]}`).join(', ')}]`).join('\n')}\n`,
    },
    { what: 'a tag', text: `${body}\nzzz: !secret a\n` },
    { what: 'binary', text: '\u007FELF\u0002\u0001\u0001\0\0\0' },
    {
      what: 'a picture',
      text: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0xff, 0xd8]).toString('utf8'),
    },
    { what: 'UTF-16', text: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(body, 'utf16le')]).toString('utf8') },
    { what: 'a merge conflict', text: `<<<<<<< HEAD\n${body}\n=======\n${body}\n>>>>>>> theirs\n` },
    { what: 'JSON that is cut off', text: JSON.stringify(parse(text)).slice(0, -20) },
  ];
}
