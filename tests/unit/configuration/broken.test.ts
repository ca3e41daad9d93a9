import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLoadProfiles } from '../../../src/config/load-profiles.ts';
import { parseRolloutSettings } from '../../../src/config/rollout-settings.ts';
import { parseServiceFile } from '../../../src/config/service-file.ts';
import { parseObjectives } from '../../../src/config/slo-file.ts';
import { parseTargetFile } from '../../../src/config/target-file.ts';
import { UserError } from '../../../src/core/errors.ts';
import { serviceDefaults } from '../../contract/support/service-defaults.ts';
import { contradictions, textOf } from './contradictions.ts';
import { type Broken, mutationsOf, notYaml } from './mutations.ts';

const config = resolve(import.meta.dirname, '../../../config');
const read = (name: string) => readFileSync(join(config, name), 'utf8');
const secret = 'hunter2-is-not-a-password';
const databases = ['MIGRATIONS_DATABASE_URL', 'SHIPROOM_STORE_URL', 'SCRATCH_DATABASE_URL', 'LIVE_DATABASE_URL'];
const variables = Object.fromEntries(databases.map((each) => [each, `postgres://a:${secret}@db/a`]));

const parseTarget = (file: string, text: string): unknown => parseTargetFile(file, text, variables, serviceDefaults);

/** Each kind of file by the function that reads it. */
const examples: readonly (readonly [string, (file: string, text: string) => unknown])[] = [
  ['targets/staging.yaml', parseTarget],
  ['targets/production.yaml', parseTarget],
  ['targets/production.example.yaml', parseTarget],
  ['targets/kubernetes.example.yaml', parseTarget],
  ['targets/sandbox.yaml', parseTarget],
  ['slo.yaml', parseObjectives],
  ['rollout.yaml', parseRolloutSettings],
  ['load-profiles.yaml', parseLoadProfiles],
  ['service.yaml', parseServiceFile],
];

function refusalOf(parse: () => unknown, what: string): UserError {
  try {
    parse();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw new Error(`${what}: no UserError`, { cause: error });
  }
  throw new Error(`${what}: not refused`);
}

/** Words of the libraries, which mean nothing to an operator. */
const foreign =
  /Invalid|received|Too (small|big)|Unrecognized|undefined|\[object|expected (string|number|object|array)|YAML\.parse/;
/** A command, or lines of the file. */
const typed = /^(npm run |less |git |export |cp |--|env: |[\w-]+: )/;

/** File, line and key, what is expected, and what to type; no stack trace and no secret. */
function problemsWith({ message, next }: UserError, file: string, { text, key }: Broken): string[] {
  const lines = message.split('\n');
  const checks: readonly (readonly [boolean, string])[] = [
    [lines.every((each) => each.startsWith(`${file}:`)), 'a line without its place'],
    [lines.every((each) => hasPlace(each, file, text)), 'a line that is not that of its key'],
    [key === undefined || lines.some((each) => namesKey(each, key)), `does not name ${key}`],
    [!foreign.test(message), "a library's words"],
    [lines.every((each) => each.replace(/^\S+ /, '').length > 15), 'does not name what is expected'],
    [next.some((each) => typed.test(each)), `nothing to type: ${next.join('; ')}`],
    [!/^\s+at /m.test(message), 'a stack trace'],
    [![message, ...next].some((each) => each.includes(secret)), 'a secret'],
  ];
  return checks.flatMap(([isRight, problem]) => (isRight ? [] : [`${problem}: ${message}`]));
}

/** The line is that of the key, where the file has it. */
function hasPlace(problem: string, file: string, text: string): boolean {
  const [line = '', ...rest] = problem.slice(file.length + 1).split(': ');
  const written = text.split('\n')[Number(line) - 1];
  const name = rest[0]?.split('.').findLast((each) => !/^\d+$/.test(each)) ?? '';
  const isThere = text.split('\n').some((each) =>
    each
      .trim()
      .replace(/^(- )+/, '')
      .startsWith(`${name}:`),
  );
  const isMissing = rest[1]?.startsWith('is missing') === true;
  return written !== undefined && (isMissing || !isThere || written.includes(name) || /\.\d+$/.test(rest[0] ?? ''));
}

/** The key itself, one below it, or the mapping that contains it where several keys contradict each other. */
function namesKey(line: string, key: string): boolean {
  const [, named = ''] = /^\S+?:\d+: ([^\s:]+):/.exec(line) ?? [];
  return named === key || named.startsWith(`${key}.`) || key.startsWith(`${named}.`);
}

const everyBroken = examples.flatMap(([name, parse]) => {
  const text = read(name);
  return [...mutationsOf(text), ...notYaml(text)].map((broken) => ({ name, parse, broken }));
});

it('every example is valid, also as it is written anew, with a byte order mark and with CRLF', () => {
  for (const [name, parse] of examples) {
    expect(() => parse(name, read(name)), name).not.toThrow();
    expect(() => parse(name, `\uFEFF${read(name).replaceAll('\n', '\r\n')}`), name).not.toThrow();
  }
});

it('there are more than 200 broken configurations, and each is another text', () => {
  expect(new Set(everyBroken.map(({ name, broken }) => `${name}\n${broken.text}`)).size).toBeGreaterThan(200);
});

describe.each(examples)('%s', (name, parse) => {
  const ofFile = everyBroken.filter((each) => each.name === name).map(({ broken }) => broken);

  it(`${ofFile.length} broken texts are refused with file, line, key, what is expected and what to type`, () => {
    const problems = ofFile.flatMap((broken) => {
      const error = refusalOf(() => parse(name, broken.text), `${name}, ${broken.what}`);
      return problemsWith(error, name, broken).map((problem) => `${broken.what}: ${problem}`);
    });
    expect(problems.slice(0, 20)).toEqual([]);
  });
});

describe('keys that contradict each other, and placeholders that a command does not have', () => {
  it.each(contradictions)('%s', (key, lines) => {
    const broken = { what: key, text: textOf(lines), key };
    const error = refusalOf(() => parseTarget('mine.yaml', broken.text), key);
    expect(problemsWith(error, 'mine.yaml', broken)).toEqual([]);
  });

  it('a variable that is not set, and one in an argument', () => {
    for (const lines of [
      "otp: { from: fixed, code: '${NOT_SET}' }\n",
      "otp: { from: command, command: [a, '${PATH}'] }\n",
    ]) {
      const error = refusalOf(() => parseTarget('mine.yaml', textOf(lines)), lines);
      expect(error.message).toMatch(/^mine\.yaml:6: /);
      expect(error.next.some((each) => typed.test(each))).toBe(true);
    }
  });

  it('braces of a script are its own', () => {
    const lines = `otp: { from: command, command: [sh, -c, "mailbox {email} | awk '{print}'", '{{.Names}}', '{"a":1}'] }\n`;
    expect(() => parseTarget('mine.yaml', textOf(lines))).not.toThrow();
  });
});
