import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCommit } from '../../../src/commits/message.ts';
import { buildReleaseNotes, type NotedCommit, type ReleaseNotesFacts } from '../../../src/core/release-notes.ts';
import { renderReleaseNotes } from '../../../src/report/index.ts';
import { commitLines } from './commits.ts';
import { facts, healthy, judgement } from './facts.ts';

let hashes = 0;
const commit = (message: string, parents = 1): NotedCommit =>
  parseCommit({ hash: (hashes += 1).toString(16).padStart(40, '0'), parents, message });
const { runId, at, target, slos, notChecked } = facts();
const about = (more: Partial<ReleaseNotesFacts> = {}): ReleaseNotesFacts => ({
  release: 'freetask@1.5.0',
  previousRelease: 'freetask@1.4.0',
  target,
  runId,
  at,
  migrations: [],
  verdict: { word: 'GO', because: 'All 8 required checks passed.', decidedBy: [] },
  judgements: healthy,
  notChecked,
  slos,
  strategy: 'blue-green',
  ...more,
});
const subjects = (commits: readonly NotedCommit[]): string[] => commits.map(({ subject }) => subject);

describe('a commit', () => {
  it.each([
    ['feat(pay)!: drop x', { type: 'feat', scope: 'pay', subject: 'drop x', breaking: ['drop x'] }],
    ['Fix: y', { type: 'fix', subject: 'y' }],
    ['no convention', { subject: 'no convention' }],
    ['feat:x', { subject: 'feat:x' }],
    ['', { subject: '(no message)' }],
    ['feat: \r\n\r\nbody', { subject: 'feat:' }],
    // Patterns that backtrack would not end.
    [`feat: ${'x'.repeat(9000)}\n\n${'a/b.c-#'.repeat(1000)}\n${'('.repeat(3000)}`, { type: 'feat' }],
    [`revert: ${'"'.repeat(9000)}\n\nThis reverts`, { type: 'revert' }],
  ])('%j', (message, expected) => expect(commit(message)).toMatchObject(expected));

  it('has its breaking changes and known issues up to the next trailer', () => {
    const message = 'feat: x\n\nbody\n\nBREAKING CHANGE: a b\nc\nKNOWN ISSUE: chat is slow\nSigned-off-by: Ada';
    expect(commit(message)).toMatchObject({ breaking: ['a b c'], knownIssues: ['chat is slow'] });
    expect(commit('fix: x\n\nBreaking change of habits').breaking).toBeUndefined();
  });
});

describe('the notes', () => {
  it('have every commit in one section, newest first', () => {
    const notes = buildReleaseNotes(about(), [
      commit('feat(chat): typing indicator'),
      commit('fix: rounding'),
      commit('perf: fewer queries'),
      commit('fix(api)!: drop v1\n\nBREAKING CHANGE: /v1 is gone'),
      commit('chore: tidy'),
      commit('docs: how to'),
      commit('docs: why'),
      commit('wip'),
      commit('wibble: odd'),
      commit("Merge branch 'x'", 2),
    ]);
    expect(subjects(notes.features)).toEqual(['typing indicator']);
    expect(subjects(notes.fixes)).toEqual(['rounding', 'drop v1']);
    expect(subjects(notes.performance)).toEqual(['fewer queries']);
    expect(notes.breaking.map(({ text }) => text)).toEqual(['/v1 is gone']);
    expect(notes.other.map(({ header }) => header)).toEqual(['wip', 'wibble: odd']);
    expect(notes.quiet).toEqual([
      ['docs', 2],
      ['chore', 1],
      ['merge', 1],
    ]);
  });

  it('take back what was reverted, and list the revert of an earlier release', () => {
    const feature = commit('feat: escrow');
    const again = commit('feat: escrow');
    const revert = commit(`Revert "feat: escrow"\n\nThis reverts commit ${feature.hash}.`);
    const notes = buildReleaseNotes(about(), [again, revert, feature, commit('revert: feat: of an earlier release')]);
    expect(notes.features).toEqual([again]);
    expect(notes.other).toMatchObject([
      { hash: feature.hash, reverted: true },
      { header: 'revert: feat: of an earlier release' },
    ]);
    expect(notes.quiet).toEqual([['revert', 1]]);
    const undone = commit(`Revert "Revert"\n\nThis reverts commit ${revert.hash}.`);
    expect(buildReleaseNotes(about(), [undone, revert, feature]).features).toEqual([feature]);
  });

  it('have the accepted differences as known issues, with owner and end', () => {
    const accepted = [{ id: 'chat.slow', reason: 'the chat is slow', owner: 'Ada', until: '2026-12-24' }];
    const judgements = [judgement({ id: 'a', clauses: ['3.1'], status: 'accepted', accepted })];
    const text = renderReleaseNotes(
      buildReleaseNotes(about({ judgements }), [commit('fix: x\n\nKNOWN-ISSUE: y is z')]),
    );
    expect(text).toContain('- the chat is slow (accepted until 2026-12-24, owner Ada; chat.slow)');
    expect(text).toContain('- y is z (');
  });

  it('read as a page', () => {
    const commits = [
      commit('feat(chat): typing indicator'),
      commit('fix: <!here> please review'),
      commit('chore: tidy'),
      commit('fix(api)!: drop & rename <https://evil.example|release notes>'),
    ];
    const migrations = [{ id: '002-job-deadline', class: 'expand' as const }];
    const text = renderReleaseNotes(
      buildReleaseNotes(about({ migrations, reportUrl: 'https://ci.example/1?a=b' }), commits),
    );
    expect(text.replaceAll(/\([0-9a-f]{8}\)/g, '(hash)')).toMatchInlineSnapshot(`
      "## \`freetask@1.5.0\` (2026-11-26)

      4 commits since \`freetask@1.4.0\`, released on staging at 2026-11-26 03:01:30 UTC · [report](<https://ci.example/1?a=b>)

      ### Breaking changes

      - drop &amp; rename &lt;https:​//evil.example\\|release notes&gt; (hash)

      ### Features

      - **chat:** typing indicator (hash)

      ### Fixes

      - &lt;\\!here&gt; please review (hash)
      - **api:** drop &amp; rename &lt;https:​//evil.example\\|release notes&gt; (hash)

      ### Migrations

      - 002-job-deadline (expand)

      ### Other

      - 1 change not listed: 1 chore

      ### Verdict: ✅ GO

      - All 8 required checks passed.
      - ✅ P95 &lt; 1 s: 312 ms; slower than the limit 0.31 %; at most 0.66 % slow (95 % confidence), limit 5 %; n = 4 812
      - ✅ payment success &gt;= 98 %: 99.6 %; at most 1.1 % failed (95 % confidence), limit 2 %; n = 512
      - ✅ 5xx &lt; 0.5 %: 0 %; at most 0.06 % 5xx (95 % confidence), limit 0.5 %; n = 4 812
      - Run 20261126-022600-release-public-7c1e

      ### Go/No-Go checklist

      **1 Pre-deployment**

      - ✅ 1.1a Code quality: flutter analyze
      - ✅ 1.1b Code quality: flutter test
      - ➖ 1.1c API: npm run lint: not applicable
      - ⬜ 1.1d API: npm test: not judged
      - ⬜ 1.2a Pending migrations run on the idle environment: not judged
      - ⬜ 1.2b Schema diff is backward compatible: not judged
      - ⬜ 1.3a Flutter release bundle built: not judged
      - ⬜ 1.3b API image built and tagged with APP\\_RELEASE: not judged
      - ⬜ 1.4a Sentry release has commits and the deploy start: not judged
      - ⬜ 1.4b Alert rules are active: not judged

      **2 Deployment, blue-green**

      - ✅ 2.B1 New release deployed to the idle colour
      - ⬜ 2.B2 Migrations applied against the idle colour only: not judged
      - ⬜ 2.B3a GET /healthz answers 200: not judged
      - ⬜ 2.B3b GET /readyz stable for 60 s: not judged
      - ✅ 2.B4 Traffic shifted 10 % -&gt; 50 % -&gt; 100 %, smoke after each stage
      - ⬜ 2.B5 Previous colour kept warm: not judged

      **3 Post-deployment**

      - ✅ 3.1 Smoke journey of the users
      - ✅ 3.2a Latency P95 &lt; 1 s and P50 &lt; 400 ms
      - ⬜ 3.2b Crash-free sessions &gt;= 99 %: not judged
      - ✅ 3.2c Payment success &gt;= 98 %
      - ✅ 3.2d 5xx rate &lt; 0.5 %
      - ⬜ 3.3a Sentry deploy marked finished: not judged
      - ⬜ 3.3b Crashlytics reviewed for new issues: not judged
      - ⬜ 3.4a Release notes published: these notes
      - ⬜ 3.4b Stakeholders informed of the Go/No-Go status: follows these notes

      **4 Rollback criteria**

      - ✅ 4.1a Rollback: P95 &gt; 1 s for more than 5 minutes
      - ✅ 4.1b Rollback: error rate &gt; 1 %
      - ✅ 4.1c Rollback: smoke red or degraded"
    `);
  });

  it.each(commitLines)('of case 25 stay inert: %s', (line) => {
    const text = renderReleaseNotes(buildReleaseNotes(about(), [commit(line)]));
    expect(text).not.toMatch(/https?:\/\/evil|<!|<@|\]\((?!<)|<script/);
  });

  it('no text from outside changes their structure', () => {
    const shape = (text: string): string[] =>
      text.split('\n').map((line) => /^(#{2,3} [A-Z`]|- |\*\*|$)/.exec(line)?.[1]?.slice(0, 3) ?? 'text');
    const build = (text: string) =>
      shape(
        renderReleaseNotes(
          buildReleaseNotes(
            about(),
            ['feat: ', 'fix(x): ', ''].map((type) => commit(`${type}y${text}`)),
          ),
        ),
      );
    const expected = build('plain');
    const piece = fc.constantFrom(
      '`',
      '*',
      '_',
      '[x](javascript:a)',
      '|',
      '<!--',
      '-->',
      '\\',
      '# ',
      '- ',
      '~~~',
      '&lt;',
      '@all',
      '1. ',
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        expect(build(text)).toEqual(expected);
        const rendered = renderReleaseNotes(buildReleaseNotes(about(), [commit(`feat: ${text}z`)]));
        expect(rendered).not.toMatch(/<!--|-->|(?<!\\)\]\((?!<)|(?<!\\)`(?!freetask|[\s,)])/);
      }),
    );
  });
});
