import { describe, expect, it } from 'vitest';
import {
  compareDigests,
  type DigestAnswer,
  digestIn,
  formatBytes,
  readDigest,
  type RunningDigest,
} from '../../../src/core/artifacts.ts';
import { judgeRunning } from '../../../src/core/judge/artifacts.ts';
import { runningEvidenceSchema } from '../../../src/journal/artifacts-schema.ts';

const [one, two] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const first = { digest: one, runId: 'run-1', at: '2026-01-01T00:00:00.000Z' };
const containing = (text: string) => expect.stringContaining(text) as string;

describe('a digest', () => {
  it.each([
    [one, one],
    [`registry.example:5000/freetask/api@${one}`, one],
    [one.slice(0, -1), undefined],
    [`${one}0`, undefined],
    [one.toUpperCase(), undefined],
    [`${one}\n${two}`, undefined],
    ['1'.repeat(64), undefined],
    ['', undefined],
  ])('%s', (text, digest) => {
    expect(digestIn(text)).toBe(digest);
  });

  const printed = (stdout: string, exitCode: number | null = 0, stderr = '') =>
    readDigest({ exitCode, stdout, stderr }, 'docker inspect');
  it.each<[string, DigestAnswer, object]>([
    ['a digest', printed(`${one}\n`), { digest: one }],
    ['nothing', printed('\n'), { absent: true }],
    ['docker', printed('[]\n', 1, 'Error: No such image: freetask-api:1.5.0'), { absent: true }],
    ['docker 28', printed('', 1, 'Error response from daemon: No such image: a:1'), { absent: true }],
    ['skopeo', printed('', 1, 'reading manifest 1.5.0 in r.example/a: manifest unknown'), { absent: true }],
    ['buildx', printed('', 1, 'ERROR: r.example/a:1.5.0: not found'), { absent: true }],
    ['no daemon', printed('', 1, 'Cannot connect to the Docker daemon'), { problem: containing('Cannot connect') }],
    ['a page of a proxy', printed('<html>log in</html>'), { problem: containing('printed no digest') }],
    ['a missing program', printed('', 127, 'sh: 1: crane: not found'), { problem: containing('exit code 127') }],
    [
      'a missing program, by a script',
      printed('', 1, 'build.sh: 3: skopeo: not found'),
      { problem: containing('skopeo') },
    ],
    ['a killed command', printed(one, null, 'ended by SIGKILL'), { problem: containing('ended without an exit code') }],
    ['a failed command that printed one', printed(one, 1), { problem: containing('exit code 1') }],
  ])('of a command: %s', (_, answer, expected) => {
    expect(answer).toEqual(expected);
  });
});

describe('what runs (1.3b)', () => {
  const at = (place: string, ...digests: string[]): RunningDigest => ({ place, digests });
  const judge = (running: readonly RunningDigest[]) =>
    judgeRunning({ release: 'freetask@1.5.0', recorded: first, running });

  it('is compared place by place; one digest of several is enough', () => {
    expect(compareDigests(one, [at('a', two, one), at('b', two), at('c'), { place: 'd', problem: 'x' }])).toEqual([
      { place: 'a', comparison: 'same' },
      { place: 'b', comparison: 'other' },
      { place: 'c', comparison: 'unknown' },
      { place: 'd', comparison: 'unknown' },
    ]);
  });

  it.each<[string, readonly RunningDigest[], object]>([
    [
      'the recorded image everywhere',
      [at('green-1', one), at('green-2', one)],
      { status: 'pass', actual: '2 of 2 instances run it' },
    ],
    [
      'another image in one place, whatever is unknown',
      [{ place: 'green-1', problem: 'no answer' }, at('green-2', two)],
      { status: 'fail', because: `green-2 runs ${two}, and run-1 recorded ${one} for freetask@1.5.0.` },
    ],
    [
      'an unknown image',
      [at('green-1', one), { place: 'green-2', problem: 'no answer' }],
      { status: 'inconclusive', because: 'green-2: no answer.' },
    ],
    ['nothing', [], { status: 'inconclusive', because: 'Nothing runs.' }],
  ])('%s', (_, running, judgement) => {
    expect(judge(running)).toMatchObject(judgement);
    const evidence = { release: 'freetask@1.5.0', recorded: first, running };
    expect(runningEvidenceSchema.parse(evidence)).toEqual(evidence);
  });

  it('is not checked where no preflight recorded a digest', () => {
    expect(judgeRunning({ release: 'freetask@1.5.0', running: [at('green-1', one)] })).toMatchObject({
      reason: 'skipped',
      because: 'no preflight recorded the digest of freetask@1.5.0',
    });
  });
});

it('sizes are formatted in units of 1000', () => {
  expect([0, 999, 1000, 14_100_000, 2.5e9, 9e12].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '14.1 MB',
    '2.5 GB',
    '9000.0 GB',
  ]);
});
