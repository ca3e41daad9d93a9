import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BundleEvidence,
  decideBuild,
  type DigestAnswer,
  digestOf,
  type ImageEvidence,
} from '../../../src/core/artifacts.ts';
import { judgeArtifacts } from '../../../src/core/judge/artifacts.ts';
import { reachVerdict } from '../../../src/core/verdict.ts';
import { artifactsEvidenceSchema } from '../../../src/journal/artifacts-schema.ts';
import { outcome as toolOutcome } from '../judge-samples.ts';

const [one, two] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const outcome = { ...toolOutcome, command: ['flutter', 'build', 'appbundle'] };
const file = {
  path: 'build/app.aab',
  bytes: 14_100_000,
  sha256: 'a'.repeat(64),
  modifiedAt: '2026-01-01T00:00:01.000Z',
};
const bundle = (change: Partial<BundleEvidence> = {}): BundleEvidence => ({
  outcome,
  files: [],
  problems: [],
  patterns: [{ pattern: 'build/app.aab', found: [file] }],
  ...change,
});
const first = { digest: one, runId: 'run-1', at: '2026-01-01T00:00:00.000Z' };
const build = { outcome: { ...toolOutcome, command: ['docker', 'build', '.'] } };
const image = (change: Partial<ImageEvidence> = {}): ImageEvidence => ({
  release: 'freetask@1.5.0',
  tag: 'freetask-api:1.5.0',
  files: [],
  problems: [],
  before: { absent: true },
  build,
  built: { digest: one },
  kept: first,
  ...change,
});
const unbuilt = (change: Partial<ImageEvidence>): ImageEvidence => {
  const { build: _, built: __, kept: ___, ...rest } = image();
  return { ...rest, ...change };
};
const judged = (evidence: Parameters<typeof judgeArtifacts>[0], id: string) =>
  judgeArtifacts(evidence).judgements.find((each) => each.id === id);
const ofBundle = (change: Partial<BundleEvidence>) =>
  judged({ bundle: bundle(change), image: { off: 'x' } }, 'artifact.bundle');
const ofImage = (evidence: ImageEvidence) => judged({ bundle: { off: 'x' }, image: evidence }, 'artifact.image');
const containing = (text: string) => expect.stringContaining(text) as string;

describe('the bundle (1.3a)', () => {
  it.each<[string, Partial<BundleEvidence>, object]>([
    [
      'that was built',
      {},
      { status: 'pass', actual: `build/app.aab, 14.1 MB, sha256:aaaaaaaaaaaa…`, clauses: ['1.3a'] },
    ],
    [
      'whose build failed, with its first failing line',
      { outcome: { ...outcome, exitCode: 1 }, firstFailure: 'Keystore file not set.' },
      { status: 'fail', because: '`flutter build appbundle` ended with exit code 1: Keystore file not set.' },
    ],
    [
      'whose build was ended at its limit',
      { outcome: { ...outcome, exitCode: null, timedOut: true } },
      { status: 'error' },
    ],
    [
      'whose build was interrupted',
      { outcome: { ...outcome, exitCode: null, interrupted: true } },
      { status: 'error' },
    ],
    ['whose build was killed', { outcome: { ...outcome, exitCode: null } }, { status: 'error' }],
    ['whose program does not exist', { outcome: { ...outcome, exitCode: 127 } }, { status: 'error' }],
    [
      'that the build did not write',
      {
        patterns: [
          { pattern: 'build/app.aab', found: [file] },
          { pattern: 'build/*.map', found: [] },
        ],
      },
      { status: 'fail', because: containing('no file matches build/*.map') },
    ],
    ['without a pattern', { patterns: [] }, { status: 'fail' }],
    [
      'that is empty',
      { patterns: [{ pattern: '*', found: [file, { ...file, path: 'build/b', bytes: 0 }] }] },
      { status: 'fail', because: 'build/b is empty.' },
    ],
    [
      'that is older than its build',
      { patterns: [{ pattern: '*', found: [file, { ...file, modifiedAt: '2025-12-31T23:59:59.000Z' }] }] },
      { status: 'inconclusive', because: containing('older than the build') },
    ],
    [
      "that was written within the gap of the file system's clock",
      { patterns: [{ pattern: '*', found: [{ ...file, modifiedAt: '2025-12-31T23:59:59.990Z' }] }] },
      { status: 'pass' },
    ],
    ['that could not be read', { problems: ['the bundle could not be read: EACCES'] }, { status: 'error' }],
  ])('%s', (_, change, judgement) => {
    expect(ofBundle(change)).toMatchObject(judgement);
  });
});

describe('the image (1.3b)', () => {
  it.each<[string, ImageEvidence, object]>([
    ['that is the first of its release', image(), { status: 'pass', actual: one, clauses: ['1.3b'] }],
    [
      'that was built again and is the same',
      image({ recorded: first }),
      { status: 'pass', because: containing('run-1') },
    ],
    [
      'that an earlier run recorded is not built again',
      unbuilt({ recorded: first, before: { digest: one }, kept: first }),
      { status: 'pass', because: 'Not built again: run-1 recorded the digest of freetask-api:1.5.0.' },
    ],
    [
      'that is in the registry only',
      unbuilt({ recorded: first, published: { digest: one }, kept: first }),
      { status: 'pass', actual: one },
    ],
    [
      'whose tag was moved on this machine',
      unbuilt({ recorded: first, before: { digest: two } }),
      {
        status: 'fail',
        because: `freetask-api:1.5.0 on this machine is ${two}, and run-1 recorded ${one} for freetask@1.5.0. It was not overwritten.`,
      },
    ],
    [
      'whose tag was moved in the registry',
      unbuilt({ recorded: first, before: { digest: one }, published: { digest: two } }),
      { status: 'fail', because: containing(`in the registry is ${two}, and run-1 recorded ${one}`) },
    ],
    [
      'that another machine built differently',
      image({ recorded: first, built: { digest: two } }),
      {
        status: 'fail',
        because: containing(`is ${two}, and run-1 recorded ${one} for freetask@1.5.0. Pull that image`),
      },
    ],
    [
      'that lost the race to be recorded',
      image({ built: { digest: two } }),
      { status: 'fail', because: containing(one) },
    ],
    [
      'whose tag is in the registry with another digest',
      image({ published: { digest: two } }),
      { status: 'fail', because: containing(`was built as ${one}, and in the registry it is ${two} already`) },
    ],
    [
      'with a wrong tag',
      image({ built: { absent: true } }),
      {
        status: 'fail',
        because: '`docker build .` ended with exit code 0, and no image is tagged freetask-api:1.5.0.',
      },
    ],
    [
      'whose build failed',
      image({ build: { outcome: { ...build.outcome, exitCode: 1 }, firstFailure: 'ERROR: no base' } }),
      { status: 'fail', because: containing('exit code 1: ERROR: no base') },
    ],
    ['whose digest could not be read', image({ built: { problem: 'exit code 1' } }), { status: 'error' }],
    ['whose registry could not be read', unbuilt({ published: { problem: 'no network' } }), { status: 'error' }],
    [
      'that was recorded, where the tag cannot be read',
      unbuilt({ recorded: first, before: { problem: 'no daemon' } }),
      { status: 'error', because: 'no daemon. Nothing was built.' },
    ],
    ['whose digest was not recorded', unbuilt({ problems: ['the store cannot be reached'] }), { status: 'error' }],
  ])('%s', (_, evidence, judgement) => {
    expect(ofImage(evidence)).toMatchObject(judgement);
    expect(artifactsEvidenceSchema.parse({ bundle: bundle(), image: evidence })).toEqual({
      bundle: bundle(),
      image: evidence,
    });
  });

  const answer = fc.constantFrom<DigestAnswer>({ digest: one }, { digest: two }, { absent: true }, { problem: 'x' });
  const maybe = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined });
  const evidences = fc
    .record({
      recorded: maybe(fc.constant(first)),
      before: answer,
      published: maybe(answer),
      exitCode: maybe(fc.constantFrom(0, 1, null)),
      built: answer,
      kept: maybe(fc.constantFrom(first, { ...first, digest: two })),
    })
    .map(({ recorded, before, published, exitCode, built, kept }) =>
      unbuilt({
        before,
        ...(recorded ? { recorded } : {}),
        ...(published ? { published } : {}),
        ...(exitCode === undefined ? {} : { build: { outcome: { ...toolOutcome, exitCode } }, built }),
        ...(kept ? { kept } : {}),
      }),
    );

  it('passes only with one digest that is recorded, that the registry does not contradict, and that was recorded first', () => {
    fc.assert(
      fc.property(evidences, (evidence) => {
        if (ofImage(evidence)?.status !== 'pass') return;
        const digest = digestOf(evidence);
        expect(digest).toBe(evidence.kept?.digest);
        expect([undefined, digest]).toContain(evidence.recorded?.digest);
        const published = evidence.published && 'digest' in evidence.published ? evidence.published.digest : digest;
        expect(published).toBe(digest);
      }),
    );
  });

  it('is never built over another image of its release, nor a second time', () => {
    fc.assert(
      fc.property(evidences, (evidence) => {
        const { recorded, before, published } = evidence;
        const tags = [before, published].flatMap((each) => (each && 'digest' in each ? [each.digest] : []));
        const decision = decideBuild(evidence);
        if (recorded && tags.length > 0) expect(decision).not.toHaveProperty('build');
        if (recorded && tags.includes(two)) expect(decision).toEqual({ refuse: true });
        if (published && 'problem' in published) expect(decision).toEqual({ refuse: true });
      }),
    );
  });
});

describe('a piece without evidence', () => {
  it('is not applicable with its reason, and holds where the target file does not mention it', () => {
    const { judgements, notChecked } = judgeArtifacts({
      bundle: { off: 'there is no app' },
      image: { missing: 'no command' },
    });
    expect(judgements).toEqual([]);
    expect(notChecked).toMatchObject([
      { id: 'artifact.bundle', reason: 'not-applicable', because: 'target file: there is no app', required: false },
      { id: 'artifact.image', reason: 'skipped', because: 'no command', required: true },
    ]);
    expect(reachVerdict(judgements, notChecked).word).toBe('HOLD');
  });
});
