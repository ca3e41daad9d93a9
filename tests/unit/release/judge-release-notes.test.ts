import { describe, expect, it } from 'vitest';
import { parseCommit } from '../../../src/commits/message.ts';
import { judgeNotes } from '../../../src/core/judge/release-notes.ts';
import { buildReleaseNotes } from '../../../src/core/release-notes.ts';
import { facts, healthy } from './facts.ts';

describe('clause 3.4a', () => {
  const { runId, at, target, slos, notChecked } = facts();
  const verdict = { word: 'GO', because: 'All passed.', decidedBy: [] } as const;
  const about = { release: 'b', target, runId, at, migrations: [], verdict, judgements: healthy, notChecked, slos };
  const notes = buildReleaseNotes(about, [parseCommit({ hash: 'abc', parents: 1, message: 'feat: x' })]);
  const base = { kind: 'release-notes', file: '/docs/release-notes.md', range: 'a..b' } as const;
  it('passes for what was published and read back', () =>
    expect(judgeNotes({ ...base, state: 'published', change: 'inserted', notes })).toMatchObject({ status: 'pass' }));
  it('is not applicable to a release that is not GO', () =>
    expect(judgeNotes({ ...base, state: 'unpublished', notes })).toMatchObject({
      reason: 'not-applicable',
      required: false,
    }));
  it('is an error with what to do, where they were not published', () =>
    expect(
      judgeNotes({ ...base, state: 'failed', problem: { because: 'no tag b', next: 'git fetch --tags' } }),
    ).toMatchObject({ status: 'error', because: 'no tag b: git fetch --tags.' }));
  it('is inconclusive without a commit', () =>
    expect(judgeNotes({ ...base, state: 'failed', notes: { ...notes, commits: 0 } })).toMatchObject({
      status: 'inconclusive',
    }));
  it('is required of a target file that does not mention them', () => {
    expect(judgeNotes({ kind: 'release-notes', state: 'missing', because: 'x' })).toMatchObject({ required: true });
    expect(judgeNotes({ kind: 'release-notes', state: 'off', because: 'x' })).toMatchObject({
      reason: 'not-applicable',
    });
  });
});
