import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findTarget } from '../../src/config/target.ts';
import { UserError } from '../../src/core/errors.ts';
import { releaseNameProblem } from '../../src/core/release-name.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

const refused: readonly [string, string][] = [
  ['freetask@1.5.0/hotfix', '"/" at character 15'],
  ['refs/heads/main', '"/" at character 5'],
  ['freetask@1.5.0+build 7', 'white space (U+0020) at character 21'],
  ['..', '".." is a folder'],
  ['.', '"." is a folder'],
  ['latest', '"latest" is reserved'],
  ['--help', '"-" as its first character'],
  [`freetask@1.5.0-${'a'.repeat(200)}`, 'it has 215 characters, and 200 are allowed'],
  ['', 'it is empty'],
  ['a\nb', 'white space (U+000A) at character 2'],
  ['a\u0000b', 'U+0000 at character 2'],
  ['a"b', '""" at character 2'],
  ["a'b", '"\'" at character 2'],
  ['$(id)', '"$" at character 1'],
  ['a\\b', String.raw`"\" at character 2`],
  ['é', '"é" at character 1'],
];

describe('a release name', () => {
  it.each(refused)('%j is refused: %s', (name, why) => {
    expect(releaseNameProblem(name)).toContain(why);
  });

  it.each(['freetask@1.5.0', 'freetask@1.5.0+build.7', 'v2', '1.5.0-rc.1~2', 'sha256:0a1b', '2026_11_28', '.hidden'])(
    '%s is one',
    (name) => {
      expect(releaseNameProblem(name)).toBeUndefined();
    },
  );

  it('that is accepted is one path segment, one argument and no option, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        if (releaseNameProblem(name) !== undefined) return;
        expect(name).toMatch(/^[\w.@+:~][\w.@+:~-]*$/);
        expect(new URL(`http://h/a/${name}/b`).pathname).toBe(`/a/${name}/b`);
      }),
    );
  });
});

describe('it is validated before anything is touched', () => {
  const places = { projectRoot: '/nowhere', cwd: '/', variables: {} };

  it.each(refused)('--release %j', async (release, why) => {
    await expect(findTarget({ release, target: 'staging' }, places)).rejects.toThrow(why);
    await expect(findTarget({ release, url: 'http://127.0.0.1:1' }, places)).rejects.toBeInstanceOf(UserError);
  });

  it('in a target file', () => {
    const file = (more: string) =>
      parseDeployment(
        't.yaml',
        `name: t\nkind: staging\nenvironments:\n  green:\n    api: http://127.0.0.1:1\n${more}`,
      );
    expect(() => file('    release: --help\n')).toThrow(
      't.yaml:6: environments.green.release: not a release name: "-"',
    );
    expect(() => file('releases: [freetask@1.4.0, latest]\n')).toThrow('t.yaml:6: releases.1: not a release name');
  });
});
